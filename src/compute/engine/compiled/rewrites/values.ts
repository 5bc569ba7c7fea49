/** Small questions that rules ask about values, and small changes. @module */
import { type Attributes, type Graph, type Inputs, isCall, type Kernel, type Node, type Value } from '../graph.js';
import { Reshape } from '../operations/shapes.js';

/** Whether `value` holds one number a channel of `like`'s last axis, the same for all else: shape [c], [1, c], [1, 1, 1, c]. */
export function isPerChannel(value: Value, like: Value): boolean {
  const channels = like.shape[like.rank - 1];
  return value.rank >= 1 && value.rank <= like.rank && value.size === channels && value.shape[value.rank - 1] === channels;
}

/** The output of a node that has one. */
export function outputOf(node: Node): Value {
  return node.outputs[0]!;
}

/** Whether something can be added to what a `Conv` or `Affine` computes: an activation comes last. */
export function isOpen({ attrs }: Node): boolean {
  return !attrs['activation'];
}

export function asVector(value: Value, graph: Graph): Value {
  return value.rank === 1 ? value : graph.op(Reshape, { x: value }, { shape: [value.size] });
}

/** The first of the nodes that read `value` and call this kernel. */
export function readerOf<A extends Attributes>(value: Value, kernel: Kernel<A>): Node | undefined {
  return [...value.consumers].find((node) => isCall(node, kernel));
}

/** A node's inputs with one value in place of another. */
export function exchanged({ inputs }: Node, old: Value, by: Value): Inputs {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, value === old ? by : value]));
}
