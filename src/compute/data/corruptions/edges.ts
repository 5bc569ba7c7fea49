/** What OpenCV finds in a picture of 8 bits: edges, and distances from them. @module */
import { nearest } from './pictures.js';
import type { Picture } from './types.js';

/** tan 22.5° in units of 1/32768. */
const TANGENT_22 = 13_573;

/** `cv2.Canny` with a Sobel filter of three pixels and L1 lengths. @returns 1 on edges. */
export function canny({ height, width, values }: Picture<Uint8Array>, low: number, high: number): Uint8Array {
  const at = (y: number, x: number) => values[nearest(y, height) * width + nearest(x, width)]!;
  const [dx, dy, length] = [new Int32Array(height * width), new Int32Array(height * width), new Int32Array(height * width)];
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      const corners = [at(y - 1, x - 1), at(y - 1, x + 1), at(y + 1, x - 1), at(y + 1, x + 1)] as const;
      dx[p] = corners[1] + corners[3] - corners[0] - corners[2] + 2 * (at(y, x + 1) - at(y, x - 1));
      dy[p] = corners[2] + corners[3] - corners[0] - corners[1] + 2 * (at(y + 1, x) - at(y - 1, x));
      length[p] = Math.abs(dx[p]!) + Math.abs(dy[p]!);
    }
  }
  const lengthAt = (y: number, x: number) => (y < 0 || x < 0 || y >= height || x >= width ? 0 : length[y * width + x]!);
  const isCandidate = Uint8Array.from(length, (own, p) => {
    if (own <= low) return 0;
    const [y, x] = [Math.floor(p / width), p % width];
    const [across, down] = [Math.abs(dx[p]!), Math.abs(dy[p]!) * 32_768];
    const flat = across * TANGENT_22;
    if (down < flat) return own > lengthAt(y, x - 1) && own >= lengthAt(y, x + 1) ? 1 : 0;
    if (down > flat + across * 65_536) return own > lengthAt(y - 1, x) && own >= lengthAt(y + 1, x) ? 1 : 0;
    const side = (dx[p]! ^ dy[p]!) < 0 ? -1 : 1;
    return own > lengthAt(y - 1, x - side) && own > lengthAt(y + 1, x + side) ? 1 : 0;
  });
  const isEdge = new Uint8Array(height * width);
  const open = [...length.keys()].filter((p) => isCandidate[p] === 1 && length[p]! > high);
  for (const p of open) isEdge[p] = 1;
  // Candidates that touch an edge are one too.
  for (let p = open.pop(); p !== undefined; p = open.pop()) {
    const [y, x] = [Math.floor(p / width), p % width];
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        const other = row * width + column;
        if (isCandidate[other] === 0 || isEdge[other] === 1) continue;
        isEdge[other] = 1;
        open.push(other);
      }
    }
  }
  return isEdge;
}

/** Steps of OpenCV's mask of five pixels: to the side, across a corner, and of a knight. */
const STEPS: readonly (readonly [dy: number, dx: number, length: number])[] = [
  [0, -1, 1],
  [-1, 0, 1],
  [-1, -1, 1.4],
  [-1, 1, 1.4],
  [-1, -2, 2.1969],
  [-1, 2, 2.1969],
  [-2, -1, 2.1969],
  [-2, 1, 2.1969],
];

/** `cv2.distanceTransform` to the nearest marked pixel with `DIST_L2` and a mask of five. */
export function distanceTo(isMarked: Uint8Array, height: number, width: number): Float64Array {
  const distance = Float64Array.from(isMarked, (mark) => (mark === 1 ? 0 : Infinity));
  const pass = (order: Iterable<number>, direction: number) => {
    for (const p of order) {
      const [y, x] = [Math.floor(p / width), p % width];
      for (const [dy, dx, length] of STEPS) {
        const [row, column] = [y + direction * dy, x + direction * dx];
        if (row < 0 || column < 0 || row >= height || column >= width) continue;
        distance[p] = Math.min(distance[p]!, distance[row * width + column]! + length);
      }
    }
  };
  pass(distance.keys(), 1);
  pass([...distance.keys()].reverse(), -1);
  return distance;
}

/** `cv2.equalizeHist`. */
export function equaliseHistogram(values: Uint8Array): Uint8Array {
  const counts = new Int32Array(256);
  for (const value of values) counts[value]!++;
  const first = counts.findIndex((count) => count > 0);
  if (counts[first] === values.length) return values;
  const scale = 255 / (values.length - counts[first]!);
  let sum = 0;
  const table = Uint8ClampedArray.from(counts, (count, value) => (value <= first ? 0 : (sum += count) * scale));
  return values.map((value) => table[value]!);
}
