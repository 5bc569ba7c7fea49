/** Values as they stand on a command line. @module */
import { InvalidArgumentError } from 'commander';
import type { Judging } from '../generated.js';

/** `a,b,c`. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('Give a number.');
  return value;
}

/** `0.5,0.25`. */
export function numbers(text: string): number[] {
  const values = list(text).map(Number);
  if (values.length === 0 || values.some((value) => !Number.isFinite(value)))
    throw new InvalidArgumentError('Give numbers with commas between them.');
  return values;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Give a whole number that is not negative.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('Give a whole number of 1 or more.');
  return value;
}

/** `stored` or `float`. */
export function judging(text: string): Judging {
  if (text === 'stored') return 'STORED';
  if (text === 'float') return 'FLOAT';
  throw new InvalidArgumentError('Give stored or float.');
}
