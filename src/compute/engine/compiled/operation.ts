/**
 * What the compiler knows of a kernel: one {@link Operation}, exported by a file of `operations/`. The registry finds it there.
 * @module
 */
import type { DType } from '../../tensors/index.js';
import type { Emitter } from './emitter.js';
import type { Attributes, Axes, Graph, Inputs, Kernel, NoAttributes, Node, Spec, Value } from './graph.js';

export interface OperationDefinition<A extends Attributes> {
  /** Shapes and dtypes of the outputs. */
  readonly infer: (inputs: Inputs, attrs: A) => Spec | readonly Spec[];
  /** Whether tfjs expects a list of outputs, even where there is one. */
  readonly returnsList?: boolean;
  /** Rewrites the node into simpler kernels before anything else looks at it. @returns what replaces its outputs; undefined: it stays. */
  readonly expand?: (node: Node<A>, graph: Graph) => Value | readonly Value[] | undefined;
  /** Emits ONNX for the node. Left out where `expand` or folding always removes the kernel. */
  readonly lower?: (node: Node<A>, emitter: Emitter) => void;
}

/** A kernel, by tfjs's name or the compiler's own. @typeParam A its attributes; none unless given. */
export class Operation<A extends Attributes = NoAttributes> implements Kernel<A> {
  readonly infer: OperationDefinition<A>['infer'];
  readonly returnsList: boolean;
  readonly expand: OperationDefinition<A>['expand'];
  readonly lower: OperationDefinition<A>['lower'];

  constructor(
    readonly name: string,
    { infer, returnsList = false, expand, lower }: OperationDefinition<A>,
  ) {
    this.infer = infer;
    this.returnsList = returnsList;
    this.expand = expand;
    this.lower = lower;
  }
}

export function spec(shape: readonly number[], dtype: DType = 'float32'): Spec {
  return { shape, dtype };
}

/** Shape of two operands broadcast against each other, as NumPy does. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    return x === 1 ? y : x;
  });
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Axes as tfjs gives them (a number, a list, none for all, negative from the end) as sorted non-negative numbers. */
export function normalizeAxes(axis: Axes | null | undefined, rank: number): number[] {
  const axes = axis === undefined || axis === null ? Array.from({ length: rank }, (_, i) => i) : [axis].flat();
  return [...new Set(axes.map((a) => (a < 0 ? a + rank : a)))].sort((a, b) => a - b);
}
