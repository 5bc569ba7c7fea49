/** Names that clients give to things. @module */
import { LRUCache } from 'lru-cache';
import unhomoglyph from 'unhomoglyph';
import { DomainError } from '../errors.js';

const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._\-+()/]{0,98}[\p{L}\p{N}.)+])?$/u;

/** As names are kept and looked for: ways to write one character become one (NFKC). */
export const normalName = (name: string) => name.normalize('NFKC');

/** @returns the name as it is kept. @throws DomainError VALIDATION saying what is allowed. */
export function checkName(asked: string): string {
  const name = normalName(asked);
  if (NAME.test(name)) return name;
  throw new DomainError(
    'VALIDATION',
    'A name has 1 to 100 letters, digits, spaces and . _ - + ( ) /; it begins with a letter or digit and does not end in a space.',
    ['name'],
  );
}

/** By name: of those that are compared with, most are the same each time. */
const skeletons = new LRUCache<string, string>({ max: 50_000 });

/** What a name looks like (Unicode Technical Standard 39): the same for `mnist` and `rnnist`, and for Latin and Cyrillic letters of one form. */
function skeletonOf(name: string): string {
  const skeleton = skeletons.get(name) ?? unhomoglyph(name.normalize('NFD')).normalize('NFD').replaceAll(/ +/g, ' ');
  skeletons.set(name, skeleton);
  return skeleton;
}

/** @returns the first of the names that looks like this one, and is another. */
export function lookAlike(name: string, names: readonly string[]): string | undefined {
  const skeleton = skeletonOf(name);
  return names.find((other) => other !== name && skeletonOf(other) === skeleton);
}

/** @param what they are names of. */
export const confusable = (what: string, name: string, other: string) =>
  new DomainError('NAME_TAKEN', `"${name}" looks like the ${what} "${other}", and is another. Choose a name that nobody takes for it.`, [
    'name',
  ]);
