/** Small questions that rules ask about nodes and values. @module */
import type { Graph, Node, Value } from '../graph.js';

/** The node that makes `value`, if it is of that kernel. */
export function madeBy(value: Value | undefined, kernel: string): Node | undefined {
  return value?.producer?.kernel === kernel ? value.producer : undefined;
}

/** The same, if nothing else reads `value`. */
export function madeOnlyFor(value: Value | undefined, kernel: string, graph: Graph): Node | undefined {
  const node = madeBy(value, kernel);
  return node && graph.uses(value!) === 1 ? node : undefined;
}

/** Whether `value` holds one number a channel of `like`'s last axis, the same for all else: shape [c], [1, c], [1, 1, 1, c]. */
export function isPerChannel(value: Value, like: Value): boolean {
  const channels = like.shape[like.rank - 1];
  return value.rank >= 1 && value.rank <= like.rank && value.size === channels && value.shape[value.rank - 1] === channels;
}

/** The two operands of a commutative node, in both orders. */
export function bothOrders(node: Node): [Value, Value][] {
  const { a, b } = node.inputs;
  return a === b
    ? [[a!, b!]]
    : [
        [a!, b!],
        [b!, a!],
      ];
}

export function asVector(value: Value, graph: Graph): Value {
  return value.rank === 1 ? value : graph.op('Reshape', { x: value }, { shape: [value.size] });
}
