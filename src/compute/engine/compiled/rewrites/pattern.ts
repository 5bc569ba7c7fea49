/**
 * What rules look for. A pattern is written as the expression it stands for, `eitherWay(Multiply, call(Tile, { x: value('x') }), constant('c'))`; names give
 * access to what was found. A name that occurs twice stands for the same value both times.
 * @module
 */
import type { Attributes, Graph, Kernel, Node, Value } from '../graph.js';

type Bindings = Readonly<Record<string, Value | Node>>;

/** @typeParam M what is found, by name. */
export interface Pattern<M extends object = Bindings> {
  /** All ways to read `value` so: none where it is not of this form, several where operands may be exchanged. */
  match(value: Value, graph: Graph): readonly M[];
}

/** A pattern whose root is a kernel's call, as that of a rule is. */
export interface CallPattern<M extends object = Bindings> extends Pattern<M> {
  /** Names of the kernels that the root may call. */
  readonly kernels: readonly string[];
  matchNode(node: Node, graph: Graph): readonly M[];
}

type Operands = Readonly<Record<string, Pattern>>;
/** Of all members of a union, as TypeScript infers it for the parameter of a function that must take each of them. */
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
  return { match: (found) => (found.uniform === repeated ? NO_NAMES : NOTHING) };
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
  const named = Object.entries(operands).map(([of, pattern]) => ({ name: of, pattern }));
  return callOf([kernel].flat(), [named], name);
}

/** What a kernel makes of operands `a` and `b`, in this order or exchanged. @param one is looked at first: the rarer of the two. */
export function eitherWay<P extends Pattern, Q extends Pattern, N extends string = never>(
  kernel: Kernel<never> | readonly Kernel<never>[],
  one: P,
  other: Q,
  name?: N,
): CallPattern<Together<P> & Together<Q> & Record<N, Node>>;
export function eitherWay(kernel: Kernel<never> | readonly Kernel<never>[], one: Pattern, other: Pattern, name?: string): CallPattern {
  const order = (first: string, second: string) => [
    { name: first, pattern: one },
    { name: second, pattern: other },
  ];
  return callOf([kernel].flat(), [order('a', 'b'), order('b', 'a')], name);
}

/** The same where nothing else reads the value, so that it need not be computed any more. */
export function only<M extends object>(pattern: Pattern<M>): Pattern<M> {
  return {
    match(found, graph) {
      // Counting readers takes the longer.
      const matches = pattern.match(found, graph);
      return matches.length > 0 && graph.uses(found) === 1 ? matches : NOTHING;
    },
  };
}

const NOTHING: readonly never[] = [];
/** Of a form that has no names. */
const NO_NAMES: readonly Bindings[] = [{}];

function valueWhere<N extends string, V extends Value>(name: N, holds: (found: Value) => boolean): Pattern<Record<N, V>> {
  return { match: (found) => (holds(found) ? [{ [name]: found } as Record<N, V>] : NOTHING) };
}

interface Operand {
  readonly name: string;
  readonly pattern: Pattern;
}

/** Most nodes are not of the form, so that nothing is made before all operands have been seen. */
function callOf(
  kernels: readonly Kernel<never>[],
  orders: readonly (readonly Operand[])[],
  name: string | undefined,
): CallPattern<Bindings> {
  const called = new Set(kernels);
  const matchNode = (node: Node, graph: Graph): readonly Bindings[] => {
    if (!called.has(node.calls)) return NOTHING;
    let all: readonly Bindings[] = NOTHING;
    for (const operands of orders) {
      const found = matchOperands(node, operands, graph);
      if (found.length > 0) all = all.length > 0 ? [...all, ...found] : found;
    }
    return name === undefined ? all : all.map((found) => ({ ...found, [name]: node }));
  };
  return {
    kernels: kernels.map((kernel) => kernel.name),
    matchNode,
    match: ({ producer }, graph) => (producer ? matchNode(producer, graph) : NOTHING),
  };
}

function matchOperands(node: Node, operands: readonly Operand[], graph: Graph): readonly Bindings[] {
  let all: readonly Bindings[] = NO_NAMES;
  for (const { name, pattern } of operands) {
    const value = node.inputs[name];
    const found = value ? pattern.match(value, graph) : NOTHING;
    if (found.length === 0) return NOTHING;
    all = all === NO_NAMES ? found : all.flatMap((match) => found.flatMap((more) => merge(match, more)));
  }
  return all;
}

/** Both matches in one, unless a name stands for different things. */
function merge(match: Bindings, more: Bindings): Bindings[] {
  const both: Bindings = { ...match, ...more };
  for (const name in match) if (match[name] !== both[name]) return [];
  return [both];
}
