/** Clouds by the diamond-square algorithm. @module */
import type { RandomStream } from '../../random.js';
import type { Picture } from './types.js';

/**
 * `plasma_fractal` of the published code, cut to `height` and `width`.
 * @param decay by which the noise falls from one scale to the next; the noise is its square. @returns values from 0 to 1.
 */
export function plasmaFractal(height: number, width: number, decay: number, stream: RandomStream): Picture {
  const side = 2 ** Math.ceil(Math.log2(Math.max(height, width, 2)));
  const map = new Float64Array(side * side);
  let wibble = 100;
  for (let step = side; step >= 2; step /= 2) {
    const half = step / 2;
    const at = (row: number, column: number) => map[((row + side) % side) * side + ((column + side) % side)]!;
    const fill = (startRow: number, startColumn: number, sum: (row: number, column: number) => number) => {
      for (let row = startRow; row < side; row += step) {
        for (let column = startColumn; column < side; column += step) {
          map[row * side + column] = sum(row, column) / 4 + wibble * (-wibble + 2 * wibble * stream.uniform());
        }
      }
    };
    // Each point from its four neighbours, in the order in which the published code adds them.
    fill(half, half, (r, c) => at(r - half, c - half) + at(r + half, c - half) + (at(r - half, c + half) + at(r + half, c + half)));
    fill(0, half, (r, c) => at(r + half, c) + at(r - half, c) + (at(r, c - half) + at(r, c + half)));
    fill(half, 0, (r, c) => at(r, c + half) + at(r, c - half) + (at(r - half, c) + at(r + half, c)));
    wibble /= decay;
  }
  let [lowest, highest] = [Infinity, -Infinity];
  for (const value of map) [lowest, highest] = [Math.min(lowest, value), Math.max(highest, value)];
  const values = Float64Array.from(
    { length: height * width },
    (_, p) => (map[Math.floor(p / width) * side + (p % width)]! - lowest) / (highest - lowest),
  );
  return { height, width, channels: 1, values };
}
