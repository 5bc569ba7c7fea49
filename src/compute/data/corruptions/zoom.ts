/** Enlarging the middle of a picture. @module */
import type { Picture } from './types.js';

/** What of each axis is read for an output of the same length. */
interface Zoomed {
  readonly low: number;
  readonly weight: number;
  readonly isInside: boolean;
}

/** Of `scipy.ndimage.zoom` with order 1 on the middle of an axis, cut to its length again. */
function axis(length: number, factor: number): Zoomed[] {
  const part = Math.ceil(length / factor);
  const first = Math.floor((length - part) / 2);
  const outputs = roundHalfToEven(part * factor);
  const step = outputs > 1 ? (part - 1) / (outputs - 1) : 1;
  const trimmed = Math.floor((outputs - length) / 2);
  return Array.from({ length }, (_, i) => {
    const at = (i + trimmed) * step;
    const low = Math.min(Math.floor(at), Math.max(0, part - 2));
    // SciPy takes what rounding pushes over the edge for outside, which is 0.
    return { low: first + low, weight: at - low, isInside: at <= part - 1 && i + trimmed < outputs };
  });
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** `clipped_zoom`: the middle of a picture, enlarged to its size. */
export function clippedZoom({ height, width, channels, values }: Picture, factor: number): Picture {
  const [rows, columns] = [axis(height, factor), axis(width, factor)];
  const out = new Float64Array(values.length);
  for (let y = 0, to = 0; y < height; y++) {
    const row = rows[y]!;
    const below = row.weight === 0 ? 0 : width * channels;
    for (let x = 0; x < width; x++) {
      const column = columns[x]!;
      const right = column.weight === 0 ? 0 : channels;
      for (let c = 0; c < channels; c++, to++) {
        if (!row.isInside || !column.isInside) continue;
        const at = (row.low * width + column.low) * channels + c;
        const top = values[at]! * (1 - column.weight) + values[at + right]! * column.weight;
        const bottom = values[at + below]! * (1 - column.weight) + values[at + below + right]! * column.weight;
        out[to] = top * (1 - row.weight) + bottom * row.weight;
      }
    }
  }
  return { height, width, channels, values: out };
}
