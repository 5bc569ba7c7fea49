/** Entries of registries by their names. @module */
import { ComputeError, type ComputeErrorCode } from '../errors.js';

/**
 * @param kind what the entries are, which is also where a caller named one, such as `optimizer`. @param title the same with more words.
 * @throws ComputeError of this code, naming the entries that there are.
 */
export function findNamed<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
  name: string,
  code: ComputeErrorCode,
  kind: string,
  title = kind,
): Entry {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry) return entry;
  const known = entries.map((candidate) => candidate.name).join(', ');
  throw new ComputeError(code, `There is no ${title} "${name}". Known ${kind}s: ${known}.`, [kind]);
}
