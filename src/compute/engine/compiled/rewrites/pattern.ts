/**
 * What rules look for. A pattern is written as the expression it stands for, `eitherWay(Multiply, call(Tile, { x: value('x') }), constant('c'))`; names give
 * access to what was found. A name that occurs twice stands for the same value both times.
 * @module
 */
import { type Attributes, type Graph, isCall, type Kernel, type Node, type Value } from '../graph.js';

/** @typeParam M what is found, by name. */
export interface Pattern<M extends object = object> {
  /** All ways to read `value` so: none where it is not of this form, several where operands may be exchanged. */
  match(value: Value, graph: Graph): readonly M[];
}

/** A pattern whose root is a kernel's call, as that of a rule is. */
export interface CallPattern<M extends object = object> extends Pattern<M> {
  /** Names of the kernels that the root may call. */
  readonly kernels: readonly string[];
  matchNode(node: Node, graph: Graph): readonly M[];
}

type Operands = Readonly<Record<string, Pattern>>;
type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (all: infer All) => void ? All : never;
/** What several patterns find together. */
type Together<P extends Pattern> = Intersection<P extends Pattern<infer M> ? M : never> & object;

/** Any value. */
export function value<N extends string>(name: N): Pattern<Record<N, Value>> {
  return valueWhere(name, () => true);
}

/** A value that is known while compiling. */
export function constant<N extends string>(name: N): Pattern<Record<N, Value>> {
  return valueWhere(name, ({ isConstant }) => isConstant);
}

/** A constant that repeats one number, which is its `uniform`. */
export function uniform<N extends string>(name: N): Pattern<Record<N, Value & { readonly uniform: number }>> {
  return valueWhere(name, (found) => found.uniform !== null);
}

/** A constant that repeats this number. */
export function number(repeated: number): Pattern {
  return { match: (found) => (found.uniform === repeated ? [{}] : []) };
}

/** What a kernel, or one of several, makes of operands by their names; operands that are not named may be anything. */
export function call<A extends Attributes, I extends Operands = Record<never, Pattern>, N extends string = never>(
  kernel: Kernel<A>,
  operands?: I,
  name?: N,
): CallPattern<Together<I[keyof I]> & Record<N, Node<A>>>;
export function call<I extends Operands = Record<never, Pattern>, N extends string = never>(
  kernels: readonly Kernel<never>[],
  operands?: I,
  name?: N,
): CallPattern<Together<I[keyof I]> & Record<N, Node>>;
export function call(kernel: Kernel<never> | readonly Kernel<never>[], operands: Operands = {}, name?: string): CallPattern {
  return callOf([kernel].flat(), [operands], name);
}

/** What a kernel makes of operands `a` and `b`, in this order or exchanged. */
export function eitherWay<P extends Pattern, Q extends Pattern, N extends string = never>(
  kernel: Kernel<never> | readonly Kernel<never>[],
  one: P,
  other: Q,
  name?: N,
): CallPattern<Together<P> & Together<Q> & Record<N, Node>>;
export function eitherWay(kernel: Kernel<never> | readonly Kernel<never>[], one: Pattern, other: Pattern, name?: string): CallPattern {
  const orders = [
    { a: one, b: other },
    { a: other, b: one },
  ];
  return callOf([kernel].flat(), orders, name);
}

/** The same where nothing else reads the value, so that it need not be computed any more. */
export function only<M extends object>(pattern: Pattern<M>): Pattern<M> {
  return { match: (found, graph) => (graph.uses(found) === 1 ? pattern.match(found, graph) : NOTHING) };
}

type Found = Record<string, Value | Node>;
const NOTHING: readonly never[] = [];

function valueWhere<N extends string, V extends Value>(name: N, holds: (found: Value) => boolean): Pattern<Record<N, V>> {
  return { match: (found) => (holds(found) ? [{ [name]: found } as Record<N, V>] : NOTHING) };
}

function callOf(kernels: readonly Kernel<never>[], orders: readonly Operands[], name: string | undefined): CallPattern<Found> {
  const matchNode = (node: Node, graph: Graph): readonly Found[] => {
    if (!kernels.some((kernel) => isCall(node, kernel))) return NOTHING;
    const found = orders.flatMap((operands) => matchOperands(node, operands, graph));
    return name === undefined ? found : found.flatMap((match) => merge(match, { [name]: node }));
  };
  return {
    kernels: kernels.map((kernel) => kernel.name),
    matchNode,
    match: ({ producer }, graph) => (producer ? matchNode(producer, graph) : NOTHING),
  };
}

function matchOperands(node: Node, operands: Operands, graph: Graph): readonly Found[] {
  let found: readonly Found[] = [{}];
  for (const [name, pattern] of Object.entries(operands)) {
    const operand = node.inputs[name];
    const matches = operand ? pattern.match(operand, graph) : NOTHING;
    if (matches.length === 0) return NOTHING;
    found = found.flatMap((match) => matches.flatMap((more) => merge(match, more)));
  }
  return found;
}

/** Both matches in one, unless a name stands for different things. */
function merge(match: Found, more: object): Found[] {
  const both: Found = { ...match, ...more };
  return Object.keys(match).every((name) => match[name] === both[name]) ? [both] : [];
}
