/** Pictures as fractions of the pixel range, and their borders. @module */
import type { Picture } from './types.js';

/** 8 bits as fractions. */
export function fractions({ values, ...shape }: Picture<Uint8Array>): Picture {
  return { ...shape, values: Float64Array.from(values, (value) => value / 255) };
}

/** Fractions as levels, cut to the range. */
export function levels(values: Float64Array): Float64Array {
  return values.map((value) => Math.min(1, Math.max(0, value)) * 255);
}

/** Every value by itself. @param change of a fraction. */
export function eachValue(image: Picture<Uint8Array>, change: (value: number) => number): Float64Array {
  return levels(fractions(image).values.map(change));
}

/** Where a position outside of `0 … length - 1` reads from. */
export type Border = (position: number, length: number) => number;

/** `aaaa|abcd|dddd`: SciPy's `nearest`. */
export const nearest: Border = (position, length) => Math.min(length - 1, Math.max(0, position));

/** `dcba|abcd|dcba`: SciPy's `reflect`. */
export const reflect: Border = (position, length) => {
  const within = ((position % (2 * length)) + 2 * length) % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
};

/** `dcb|abcd|cba`: OpenCV's `BORDER_REFLECT_101`. */
export const reflect101: Border = (position, length) => {
  if (length === 1) return 0;
  const period = 2 * length - 2;
  const within = ((position % period) + period) % period;
  return within < length ? within : period - within;
};
