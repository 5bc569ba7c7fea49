/**
 * Branches whose conditions do not depend on the pixels, replaced by what runs, and functions written out: converters write them for layers that
 * ask for the size of an image.
 * @module
 */
import { trace } from '../../engine/index.js';
import { ComputeError } from '../../errors.js';
import type { HostTensor } from '../../tensors/index.js';
import { Attributes } from '../dataflow/attributes.js';
import { type GraphNode, sorted } from '../dataflow/graph.js';
import { evaluate } from '../dataflow/interpreter.js';
import { Value } from '../dataflow/value.js';
import { graphModelOperators } from './operators/index.js';

/** A branch of TensorFlow 1: the value goes to one of two outputs, and from one of its inputs a merge takes what there is. */
const [SWITCH, MERGE] = ['Switch', 'Merge'];
const CONDITIONS = ['If', 'StatelessIf'];
const CALLS = ['PartitionedCall', 'StatefulPartitionedCall'];
const LOOPS = ['Enter', 'Exit', 'LoopCond', 'NextIteration', 'StatelessWhile', 'While'];

/** A function of the file: names of its arguments and results, and its nodes. */
export interface GraphFunction {
  readonly inputs: readonly string[];
  readonly nodes: readonly GraphNode[];
  readonly outputs: readonly string[];
}

export interface Resolution {
  readonly functions: ReadonlyMap<string, GraphFunction>;
  readonly constants: ReadonlyMap<string, HostTensor>;
  /** Name of the graph's input. */
  readonly input: string;
  /** Of it, with the batch. */
  readonly shape: readonly number[];
  readonly maximumNodes: number;
  readonly maximumElements: number;
}

/** Whether there is anything to resolve. @throws ComputeError UNSUPPORTED_OPERATION for a loop. */
export function hasControlFlow(nodes: readonly GraphNode[]): boolean {
  const loop = nodes.find(({ operator }) => LOOPS.includes(operator));
  if (loop) {
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `Node ${loop.name} (${loop.operator}) repeats a part of the graph, as recurrent layers do. Export the model as a LayersModel, whose recurrent layers are read (tensorflowjs_converter --output_format=tfjs_layers_model), or with unroll=True.`,
      ['graph', loop.name],
    );
  }
  return nodes.some(({ operator }) => [SWITCH, MERGE, ...CONDITIONS, ...CALLS].includes(operator));
}

/** @throws ComputeError UNSUPPORTED_OPERATION where a condition depends on the pixels; INVALID_MODEL for a function that there is none of. */
export function resolveControlFlow(nodes: readonly GraphNode[], resolution: Resolution): GraphNode[] {
  let resolved: GraphNode[] = [];
  trace({ input: { shape: resolution.shape, dtype: 'float32' } }, ({ input }) => {
    const resolver = new Resolver(resolution);
    resolver.values.set(resolution.input, Value.plain(input!));
    resolver.addAll(nodes);
    resolved = resolver.nodes;
    return {};
  });
  return resolved;
}

class Resolver {
  readonly nodes: GraphNode[] = [];
  readonly values = new Map<string, Value>();
  /** Values of branches that are not taken. */
  private readonly dead = new Set<string>();

  constructor(private readonly resolution: Resolution) {
    for (const [name, constant] of resolution.constants) this.values.set(name, Value.known(constant));
  }

  addAll(nodes: readonly GraphNode[]): void {
    hasControlFlow(nodes);
    for (const node of sorted(nodes)) this.add(node);
  }

  private add(node: GraphNode): void {
    if (node.operator === MERGE) this.merge(node);
    else if (node.inputs.some((name) => this.dead.has(name))) for (const name of node.outputs) this.dead.add(name);
    else if (node.operator === SWITCH) this.choose(node);
    else if (CONDITIONS.includes(node.operator))
      this.enter(node, this.condition(node, 0) ? 'then_branch' : 'else_branch', node.inputs.slice(1));
    else if (CALLS.includes(node.operator)) this.enter(node, 'f', node.inputs);
    else this.keep(node);
  }

  private choose(node: GraphNode): void {
    const taken = this.condition(node, 1) ? 1 : 0;
    for (const [i, name] of node.outputs.entries()) {
      if (i === taken) this.pass(node, node.inputs[0]!, name);
      else this.dead.add(name);
    }
  }

  private merge(node: GraphNode): void {
    const alive = node.inputs.filter((name) => !this.dead.has(name));
    if (alive.length === 1) this.pass(node, alive[0]!, node.outputs[0]!);
    else if (alive.length === 0) for (const name of node.outputs) this.dead.add(name);
    else
      throw new ComputeError('INVALID_MODEL', `Node ${node.name} (Merge) has ${alive.length} values to take from.`, ['graph', node.name]);
  }

  private pass({ name }: GraphNode, from: string, to: string): void {
    this.keep({ name, operator: 'Identity', version: 1, inputs: [from], outputs: [to], attributes: new Attributes(name, {}) });
  }

  /** Writes a function out under the name of the node that calls it. */
  private enter(node: GraphNode, attribute: string, given: readonly string[]): void {
    const called = this.resolution.functions.get(node.attributes.string(attribute));
    if (!called)
      throw new ComputeError('INVALID_MODEL', `Node ${node.name} calls a function that the file does not hold.`, ['graph', node.name]);
    const inputs = new Map(called.inputs.map((name, i) => [name, given[i] ?? '']));
    const rename = (name: string) => (name === '' ? '' : (inputs.get(name) ?? `${node.name}/${name}`));
    this.addAll(
      called.nodes.map((inner) => ({
        ...inner,
        name: `${node.name}/${inner.name}`,
        inputs: inner.inputs.map(rename),
        outputs: inner.outputs.map(rename),
      })),
    );
    for (const [i, name] of node.outputs.entries()) this.pass(node, rename(called.outputs[i] ?? ''), name);
  }

  private keep(node: GraphNode): void {
    this.nodes.push(node);
    const { maximumNodes, maximumElements } = this.resolution;
    if (this.nodes.length > maximumNodes) {
      throw new ComputeError('LIMIT_EXCEEDED', `With its functions written out, the model has more than ${maximumNodes} nodes.`, ['graph']);
    }
    // Whatever cannot be computed is reported when the model is imported; here it is only a condition that nobody knows.
    if (!Object.hasOwn(graphModelOperators, node.operator) || node.inputs.some((name) => name !== '' && !this.values.has(name))) return;
    try {
      evaluate({ operators: graphModelOperators, maximumElements }, node, this.values);
    } catch (error) {
      if (!(error instanceof ComputeError)) throw error;
    }
  }

  private condition(node: GraphNode, index: number): boolean {
    const known = this.values.get(node.inputs[index]!)?.known;
    if (known) return known.data[0] !== 0;
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `Node ${node.name} (${node.operator}) branches by ${node.inputs[index]!}, which depends on the pixels of the image. Build the model without that branch and export it again.`,
      ['graph', node.name],
    );
  }
}
