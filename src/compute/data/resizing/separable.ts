/** Resampling of pictures by weights for columns and for rows. @module */
import type { Picture } from '../pictures/types.js';

/** What one output pixel is made of along one axis: of the inputs from `first` on, with these weights. */
export interface Window {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Of either pass: `Uint8ClampedArray` rounds to 8 bits, halves up, `Float32Array` does not. */
type Pixels = Uint8Array | Uint8ClampedArray | Float32Array;

/** {@link Window}s of all outputs, packed. */
interface Axis {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Of output i from `i * taps` on. */
  readonly weights: Float64Array;
  readonly taps: number;
}

export interface PassOptions {
  readonly rowsFirst?: boolean;
  /** Makes what is between the two passes. */
  readonly between: (length: number) => Uint8ClampedArray | Float32Array;
}

/**
 * Two passes, along rows and along columns, of which the second rounds to 8 bits.
 * @param columns one window for each column of the output; all inputs lie inside the picture.
 * @returns `[rows, columns, 3]`.
 */
export function resample(
  picture: Picture,
  columns: readonly Window[],
  rows: readonly Window[],
  { rowsFirst = false, between }: PassOptions,
): Uint8Array {
  const { width } = picture;
  // Only rows that an output needs.
  const top = Math.min(...rows.map(({ first }) => first));
  const bottom = Math.max(...rows.map(({ first, weights }) => first + weights.length));
  const pixels = picture.pixels.subarray(top * width * 3, bottom * width * 3);
  const across = packed(columns);
  const down = packed(rows.map(({ first, weights }) => ({ first: first - top, weights })));
  const result = new Uint8ClampedArray(rows.length * columns.length * 3);
  if (rowsFirst) {
    const low = between(rows.length * width * 3);
    mixRows(pixels, width * 3, down, low);
    mixColumns(low, width, across, result);
  } else {
    const narrow = between((bottom - top) * columns.length * 3);
    mixColumns(pixels, width, across, narrow);
    mixRows(narrow, columns.length * 3, down, result);
  }
  return new Uint8Array(result.buffer);
}

function packed(windows: readonly Window[]): Axis {
  const taps = Math.max(...windows.map(({ weights }) => weights.length));
  const weights = new Float64Array(windows.length * taps);
  for (const [i, window] of windows.entries()) weights.set(window.weights, i * taps);
  return {
    first: Int32Array.from(windows, ({ first }) => first),
    count: Int32Array.from(windows, (window) => window.weights.length),
    weights,
    taps,
  };
}

/** @param width of the rows of `pixels`, in pixels. @param out has as many rows. */
function mixColumns(pixels: Pixels, width: number, { first, count, weights, taps }: Axis, out: Pixels): void {
  const isRounded = out instanceof Uint8ClampedArray;
  for (let row = 0, to = 0; to < out.length; row++) {
    for (let column = 0; column < first.length; column++) {
      let from = (row * width + first[column]!) * 3;
      let [red, green, blue] = [0, 0, 0];
      for (let weight = column * taps, end = weight + count[column]!; weight < end; weight++) {
        const share = weights[weight]!;
        red += share * pixels[from++]!;
        green += share * pixels[from++]!;
        blue += share * pixels[from++]!;
      }
      out[to++] = isRounded ? Math.floor(red + 0.5) : red;
      out[to++] = isRounded ? Math.floor(green + 0.5) : green;
      out[to++] = isRounded ? Math.floor(blue + 0.5) : blue;
    }
  }
}

/** @param length of a row, channels included. */
function mixRows(pixels: Pixels, length: number, { first, count, weights, taps }: Axis, out: Pixels): void {
  const isRounded = out instanceof Uint8ClampedArray;
  const sum = new Float64Array(length);
  for (let row = 0; row < first.length; row++) {
    sum.fill(0);
    for (let tap = 0; tap < count[row]!; tap++) {
      const share = weights[row * taps + tap]!;
      const from = (first[row]! + tap) * length;
      for (let i = 0; i < length; i++) sum[i]! += share * pixels[from + i]!;
    }
    for (let i = 0; i < length; i++) out[row * length + i] = isRounded ? Math.floor(sum[i]! + 0.5) : sum[i]!;
  }
}
