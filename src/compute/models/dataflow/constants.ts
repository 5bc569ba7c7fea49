/** Sorts what a file holds into weights, which training changes, and settings such as shapes and axes, which it must not. @module */
import { type HostTensor, type HostTensors, sizeOf } from '../../tensors/index.js';
import { trace } from '../../engine/index.js';
import { checkFinite } from '../finite.js';
import { type DataflowGraph, type GraphNode, prune } from './graph.js';
import { evaluate, isConstant } from './interpreter.js';
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
  const isWeight = (name: string, constant: HostTensor) =>
    constant.dtype === 'float32' && sizeOf(constant.shape) > 1 && operands.has(name) && !isMask(name, constant, graph);

  const settings = new Map([...graph.constants].filter(([name, constant]) => !isWeight(name, constant)));
  const nodes = fold(graph, operators, maximumElements, settings);
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

/** Operators that a mask of -Infinity passes through: those in front of a softmax, which makes zeros of it, and those that only move it. */
const MASKED_BY = ['Add', 'AddV2', 'Where', 'Select', 'SelectV2'];
const MOVED_BY = [
  'Cast',
  'Concat',
  'ConcatV2',
  'Expand',
  'ExpandDims',
  'Gather',
  'GatherV2',
  'Identity',
  'Reshape',
  'Slice',
  'Squeeze',
  'StridedSlice',
];
const MASK_OPERATORS = [...MASKED_BY, ...MOVED_BY, 'Tile', 'Transpose', 'Trilu', 'Unsqueeze'];

/** Whether a constant leaves elements out. A weight that is infinite is another matter, which `checkFinite` refuses. */
function isMask(name: string, { data }: HostTensor, { nodes }: DataflowGraph): boolean {
  const isMoved = nodes.every(({ operator, inputs }) => !inputs.includes(name) || MASK_OPERATORS.includes(operator));
  return isMoved && (data as Float32Array).includes(-Infinity) && data.every((value) => value < Infinity);
}

/** Names of values that the elements of settings are computed from, of constants alone: the largest of a weight's rows, say. */
function behindSettings({ nodes, constants }: DataflowGraph, operators: OperatorTable): Set<string> {
  const constant = new Set(constants.keys());
  const fromConstants = nodes.filter((node) => {
    if (!isConstant(operators[node.operator]!, node) || !node.inputs.every((name) => name === '' || constant.has(name))) return false;
    for (const name of node.outputs) constant.add(name);
    return true;
  });
  const needed = new Set(nodes.flatMap((node) => (operators[node.operator]!.settings ?? []).map((index) => node.inputs[index] ?? '')));
  for (const node of fromConstants.toReversed()) {
    const { settings, gradient } = operators[node.operator]!;
    // What asks for a shape asks for no elements.
    if (settings === undefined && gradient === 'CONSTANT') continue;
    if (node.outputs.some((name) => needed.has(name))) for (const name of node.inputs) needed.add(name);
  }
  return needed;
}

/**
 * Computes nodes whose inputs are settings alone, or whose outputs settings depend on, and adds their outputs to `settings`.
 * @returns the other nodes.
 */
function fold(graph: DataflowGraph, operators: OperatorTable, maximumElements: number, settings: Map<string, HostTensor>): GraphNode[] {
  const rest: GraphNode[] = [];
  const needed = behindSettings(graph, operators);
  const known = new Map(
    [...graph.constants].flatMap(([name, host]) => (settings.has(name) || needed.has(name) ? [[name, Value.known(host)]] : [])),
  );
  // Nothing is computed while sizes are found out, so that a small file cannot ask for much memory.
  trace({}, () => {
    for (const node of graph.nodes) {
      const isFolded = node.outputs.some((name) => needed.has(name));
      const isKnown = (name: string) => name === '' || (known.has(name) && (isFolded || settings.has(name) || !graph.constants.has(name)));
      if (!isConstant(operators[node.operator]!, node) || !node.inputs.every(isKnown)) {
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
  for (const [name, value] of known) if (settings.has(name) || !graph.constants.has(name)) settings.set(name, value.known!);
  return rest;
}
