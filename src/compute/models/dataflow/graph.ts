/** A network as a list of operators on named values: what ONNX and TensorFlow GraphModels have in common. @module */
import type { HostTensor } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import type { Attributes } from './attributes.js';

export interface GraphNode {
  /** For messages. */
  readonly name: string;
  /** Key of the table of operators: `Conv`, `ai.onnx.ml.Scaler`. */
  readonly operator: string;
  /** Version of the operator set that the file was written for. */
  readonly version: number;
  /** Names of values; '' leaves an optional input out. */
  readonly inputs: readonly string[];
  /** Names of values; '' where nothing reads the output. */
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface DataflowGraph {
  /** Producers before consumers. */
  readonly nodes: readonly GraphNode[];
  /** Values that the file holds, by name. */
  readonly constants: ReadonlyMap<string, HostTensor>;
  readonly input: string;
  readonly output: string;
  /** Scores of an auxiliary classifier, which only training uses. */
  readonly auxiliary?: string;
}

/** The graph without the nodes, outputs of nodes and constants that its outputs do not need. */
export function prune(graph: DataflowGraph): DataflowGraph {
  const needed = new Set([graph.output, graph.auxiliary]);
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false;
      for (const name of node.inputs) needed.add(name);
      return true;
    })
    .reverse()
    .map((node) =>
      node.outputs.every((name) => name === '' || needed.has(name))
        ? node
        : { ...node, outputs: node.outputs.map((name) => (needed.has(name) ? name : '')) },
    );
  return { ...graph, nodes, constants: new Map([...graph.constants].filter(([name]) => needed.has(name))) };
}

/** @throws ComputeError INVALID_MODEL where two nodes compute one value, or one computes what the file gives; for a weight that no object can hold. */
export function checkNames({ nodes, constants, input }: DataflowGraph): void {
  if (constants.has('__proto__')) {
    throw new ComputeError('INVALID_MODEL', 'A weight is named __proto__, which names no weight here. Rename it and export again.', [
      'weights',
    ]);
  }
  const given = new Set([input, ...constants.keys()]);
  for (const { name, outputs } of nodes) {
    for (const output of outputs) {
      if (output !== '' && given.has(output)) {
        throw new ComputeError('INVALID_MODEL', `Node ${name} computes ${output}, which another node computes already.`, ['graph', name]);
      }
      given.add(output);
    }
  }
}

/** The node that computes each value. */
export function producersOf({ nodes }: Pick<DataflowGraph, 'nodes'>): Map<string, GraphNode> {
  return new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
}

/** Number of operators of each kind. */
export function countOperators({ nodes }: DataflowGraph): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { operator } of nodes) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** The same nodes, producers before consumers. @throws ComputeError INVALID_MODEL for a cycle. */
export function sorted<Node extends Pick<GraphNode, 'name' | 'inputs' | 'outputs'>>(nodes: readonly Node[]): Node[] {
  const producers = new Map(nodes.flatMap((node) => node.outputs.filter((name) => name !== '').map((name) => [name, node] as const)));
  const order: Node[] = [];
  const state = new Map<Node, 'OPEN' | 'DONE'>();
  const stack = nodes.toReversed();
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    const missing = node.inputs.map((name) => producers.get(name)).filter((producer) => producer && state.get(producer) !== 'DONE');
    if (state.get(node) === 'DONE' || missing.length === 0) {
      stack.pop();
      if (state.get(node) !== 'DONE') order.push(node);
      state.set(node, 'DONE');
      continue;
    }
    if (state.get(node) === 'OPEN')
      throw new ComputeError('INVALID_MODEL', `Node ${node.name} needs what it computes: the graph has a cycle.`, ['graph', node.name]);
    state.set(node, 'OPEN');
    stack.push(...(missing as Node[]));
  }
  return order;
}
