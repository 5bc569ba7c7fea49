/** Machines for two classes as a classifier of several: each class against all others. @module */
import type { Examples } from './definition.js';

/** Of each class, 1 for its examples and -1 for the others. Of two classes one machine is enough: that of the second. */
export function sidesOf({ labels, classes }: Examples): Int8Array[] {
  const wanted = classes === 2 ? [1] : Array.from({ length: classes }, (_, k) => k);
  return wanted.map((k) => Int8Array.from(labels, (label) => (label === k ? 1 : -1)));
}

/** Columns of a matrix `[rows, classes]` from those of the machines: the first of two classes has the opposite of the second. */
export function asColumns(machines: readonly ArrayLike<number>[], rows: number): Float64Array {
  const [only] = machines;
  const columns = machines.length === 1 ? [Array.from(only!, (value) => -value), only!] : machines;
  const matrix = new Float64Array(rows * columns.length);
  for (const [k, column] of columns.entries()) for (let row = 0; row < rows; row++) matrix[row * columns.length + k] = column[row]!;
  return matrix;
}
