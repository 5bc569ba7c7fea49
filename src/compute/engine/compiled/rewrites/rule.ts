/** A rewriting rule: where its pattern is found and its condition holds, the root of the pattern is replaced. @module */
import type { Target } from '../emitter.js';
import type { Graph, Value } from '../graph.js';
import type { CallPattern } from './pattern.js';

/** @typeParam M what the pattern finds, by name. */
export interface Rule<M extends object = object> {
  readonly name: string;
  /** The equation by which the replacement computes the same. */
  readonly law: string;
  readonly pattern: CallPattern<M>;
  /** Whether the law holds of what was found, and is worth it. Always, unless given. Changes nothing. */
  condition?(found: M, graph: Graph, target: Target): boolean;
  /** Adds what is new to the graph. @returns what takes the place of the root's output. */
  replacement(found: M, graph: Graph, target: Target): Value;
}

/** Gives `condition` and `replacement` the types of what the pattern finds. */
export function rule<M extends object>(definition: Rule<M>): Rule {
  return definition;
}
