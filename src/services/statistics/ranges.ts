/** Least and most. */
import { DomainError } from '../../errors.js';
export type Ranges<Name extends string> = Readonly<Record<Name, readonly [number, number]>>;

/** @param values undefined: not given. @param path of them in the client's input. @throws DomainError VALIDATION naming the field and its range. */
export function checkRanges<Name extends string>(
  ranges: Ranges<Name>,
  values: Partial<Record<NoInfer<Name>, number | undefined>>,
  path: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(values) as [Name, number | undefined][]) {
    const [least, most] = ranges[name];
    if (value === undefined || (value >= least && value <= most)) continue;
    throw new DomainError('VALIDATION', `${name} is ${value}; give a number from ${least} to ${most}.`, [...path, name]);
  }
}
