/** Sorts what a file holds into weights, which training changes, and settings such as shapes and axes, which it must not. @module */
import { type HostTensor, type HostTensors, sizeOf } from '../../tensors/index.js';
import { trace } from '../../engine/index.js';
import { checkFinite } from '../finite.js';
import { type DataflowGraph, type GraphNode, prune } from './graph.js';
import { evaluate } from './interpreter.js';
import type { OperatorTable } from './operator.js';
import { Value } from './value.js';

export interface SeparatedGraph {
  /** Without the nodes that only compute with settings; its constants are the settings. */
  readonly graph: DataflowGraph;
  readonly variables: HostTensors;
  /** Names of the variables that training changes by gradient. */
  readonly trainable: readonly string[];
}

/** @param maximumElements of what is computed here. @throws ComputeError as {@link evaluate} does; INVALID_MODEL for weights that are not finite. */
export function separate(graph: DataflowGraph, operators: OperatorTable, maximumElements: number): SeparatedGraph {
  const settingsOf = (node: GraphNode) => operators[node.operator]!.settings ?? [];
  const operands = new Set(graph.nodes.flatMap((node) => node.inputs.filter((_, i) => !settingsOf(node).includes(i))));
  // A single number is a constant of the architecture, such as the 0.5 of GELU.
  const isWeight = (name: string, { dtype, shape }: HostTensor) => dtype === 'float32' && sizeOf(shape) > 1 && operands.has(name);

  const settings = new Map([...graph.constants].filter(([name, constant]) => !isWeight(name, constant)));
  const nodes = fold({ ...graph, constants: settings }, operators, maximumElements, settings);
  const variables: HostTensors = {};
  for (const [name, constant] of [...graph.constants, ...settings]) {
    if (!isWeight(name, constant)) continue;
    checkFinite(name, constant);
    variables[name] = constant;
    settings.delete(name);
  }
  const statistics = new Set(nodes.flatMap((node) => (operators[node.operator]!.statistics ?? []).map((index) => node.inputs[index])));
  const trainable = Object.keys(variables).filter((name) => !statistics.has(name));
  return { graph: prune({ ...graph, nodes, constants: settings }), variables, trainable };
}

/** Computes nodes whose inputs are settings alone, and adds their outputs to `settings`. @returns the other nodes. */
function fold(graph: DataflowGraph, operators: OperatorTable, maximumElements: number, settings: Map<string, HostTensor>): GraphNode[] {
  const rest: GraphNode[] = [];
  const known = new Map([...settings].map(([name, host]) => [name, Value.known(host)]));
  // Nothing is computed while sizes are found out, so that a small file cannot ask for much memory.
  trace({}, () => {
    for (const node of graph.nodes) {
      if (operators[node.operator]!.isRandom || !node.inputs.every((name) => name === '' || known.has(name))) {
        rest.push(node);
        continue;
      }
      const values = new Map(node.inputs.flatMap((name) => (name === '' ? [] : [[name, known.get(name)!] as const])));
      evaluate({ operators, maximumElements }, node, values);
      const outputs = node.outputs.map((name) => [name, values.get(name)] as const);
      if (outputs.some(([name, value]) => name !== '' && !value?.known)) rest.push(node);
      else for (const [name, value] of outputs) if (value?.known) known.set(name, value);
    }
    return {};
  });
  for (const [name, value] of known) settings.set(name, value.known!);
  return rest;
}
