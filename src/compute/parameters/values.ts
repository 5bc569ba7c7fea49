/** Reads single values where descriptions, which have their types, are not at hand: of attacks that are known by their kind alone. @module */
import type { ParameterValues } from './descriptions.js';

/** @throws TypeError where it is given and is not a number. */
export function optionalNumberOf(values: ParameterValues, name: string): number | undefined {
  const value = values[name];
  if (value === undefined || typeof value === 'number') return value;
  throw new TypeError(`The parameter "${name}" is not a number.`);
}
