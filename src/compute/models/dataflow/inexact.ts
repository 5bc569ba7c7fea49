/** Which operators of a network keep attacks from its gradient. @module */
import type { DataflowGraph } from './graph.js';
import type { Gradient } from './gradient.js';
import type { OperatorTable } from './operator.js';

/** An operator between the image and the scores whose gradient is not that of what it computes. */
export interface InexactOperator {
  readonly operator: string;
  readonly gradient: Gradient;
  /** Whether BPDA passes straight through it. */
  readonly isPassable: boolean;
}

/** Each kind of operator once. Shape arithmetic is left out: what it computes does not depend on pixels. */
export function inexactOperators({ nodes, input }: DataflowGraph, operators: OperatorTable): InexactOperator[] {
  const ofPixels = new Set([input]);
  const found = new Map<string, InexactOperator>();
  for (const { operator, inputs, outputs } of nodes) {
    const { gradient = 'EXACT', settings = [], straightThrough } = operators[operator]!;
    if (gradient === 'CONSTANT' || !inputs.some((name, i) => ofPixels.has(name) && !settings.includes(i))) continue;
    for (const name of outputs) ofPixels.add(name);
    if (gradient !== 'EXACT') found.set(operator, { operator, gradient, isPassable: straightThrough !== undefined });
  }
  return [...found.values()];
}

/** Names of the values, weights among them, that scores have a slope by: all other than those that count by steps, in conditions or as settings alone. */
export function reachedByGradient({ nodes, output, auxiliary }: DataflowGraph, operators: OperatorTable): ReadonlySet<string> {
  const reached = new Set([output, ...(auxiliary === undefined ? [] : [auxiliary])]);
  for (const { operator, inputs, outputs } of nodes.toReversed()) {
    const { gradient = 'EXACT', settings = [] } = operators[operator]!;
    if ((gradient !== 'EXACT' && gradient !== 'STRAIGHT_THROUGH') || !outputs.some((name) => reached.has(name))) continue;
    for (const [i, name] of inputs.entries()) if (!settings.includes(i)) reached.add(name);
  }
  return reached;
}
