/** Names that clients give to things. @module */
import { DomainError } from '../errors.js';

const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._\-+()/]{0,98}[\p{L}\p{N}.)+])?$/u;

/** @throws DomainError VALIDATION saying what is allowed. */
export function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw new DomainError(
    'VALIDATION',
    'A name has 1 to 100 letters, digits, spaces and . _ - + ( ) /; it begins with a letter or digit and does not end in a space.',
    ['name'],
  );
}
