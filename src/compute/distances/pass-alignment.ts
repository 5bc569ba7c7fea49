/**
 * Lays one image over another by a homography: enhanced correlation coefficient maximisation (ECC; Evangelidis and Psarakis 2008,
 * doi 10.1109/TPAMI.2008.113), forward additive, as PASS asks for.
 * @module
 */
import type { ImageShape } from '../tensors/index.js';
import { type AlignmentSums, type Homography, type ImagePair, PARAMETERS } from './image-pair.js';

const IDENTITY: Homography = [1, 0, 0, 0, 1, 0, 0, 0];
const MAXIMUM_STEPS = 50;
/** In pixels: a step that moves no corner further changes little that can be seen. Changes of single pixels end here at once, and cheaply. */
const CONVERGED = 0.5;
/** Added to the diagonal of the normal equations, relative to its mean: flat images leave directions without curvature. */
const DAMPING = 1e-6;

/** The homography of the second image that correlates best with the first; undefined where none is better than the image as it is. */
export function alignment(pair: ImagePair, shape: ImageShape): Homography | undefined {
  pair.prepareAlignment();
  let best: { homography?: Homography; correlation: number } = { correlation: -Infinity };
  let homography: Homography | undefined;
  for (let count = 0; count < MAXIMUM_STEPS; count++) {
    const { correlation, step } = ascend(pair.sums(homography), shape);
    if (!(correlation > best.correlation)) break;
    best = { homography, correlation };
    if (!step || furthestMove(step, shape) < CONVERGED) break;
    homography = (homography ?? IDENTITY).map((value, k) => value + step[k]!);
  }
  return best.homography;
}

/** The correlation at a homography, and the Gauss-Newton step from there (the paper's equation 16); no step where there is none, as on flat images. */
function ascend({ t, i, j, jt, ji, jj, ...sums }: AlignmentSums, [height, width]: ImageShape): { correlation: number; step?: number[] } {
  const n = height * width;
  const [tt, ii, ti] = [sums.tt - (t * t) / n, sums.ii - (i * i) / n, sums.ti - (t * i) / n];
  if (!(tt > 0 && ii > 0)) return { correlation: -Infinity };
  const correlation = ti / Math.sqrt(tt * ii);
  const damping = (DAMPING * IDENTITY.reduce((sum, _, k) => sum + jj(k, k), 0)) / PARAMETERS;
  const matrix = IDENTITY.map((_, k) => IDENTITY.map((__, l) => jj(k, l) + (k === l ? damping : 0)));
  const onImage = Array.from(ji, (value, k) => value - (j[k]! * i) / n);
  const onTemplate = Array.from(jt, (value, k) => value - (j[k]! * t) / n);
  const solution = solve(matrix, onImage);
  if (!solution) return { correlation };
  const scale = (ii - dot(onImage, solution)) / (ti - dot(onTemplate, solution));
  if (!(scale > 0)) return { correlation };
  const error = onTemplate.map((value, k) => scale * value - onImage[k]!);
  return { correlation, step: solve(matrix, error) };
}

/** How far a change of the parameters moves the corner that it moves most, in pixels; to first order, around the identity. */
function furthestMove(step: readonly number[], [height, width]: ImageShape): number {
  const unit = Math.max(height, width) / 2;
  const moved = IDENTITY.map((value, k) => value + step[k]!);
  const moves = [-1, 1].flatMap((x) =>
    [-1, 1].map((y) => {
      const { u, v } = project(moved, x, y);
      return Math.hypot(u - x, v - y) * unit;
    }),
  );
  return Math.max(...moves);
}

function project([h00, h01, h02, h10, h11, h12, h20, h21]: Homography, x: number, y: number) {
  const depth = h20! * x + h21! * y + 1;
  return { u: (h00! * x + h01! * y + h02!) / depth, v: (h10! * x + h11! * y + h12!) / depth };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}

/** Gaussian elimination with pivots. @returns undefined where the matrix is singular. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const rows = matrix.map((row, k) => [...row, right[k]!]);
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let row = k + 1; row < size; row++) if (Math.abs(rows[row]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = row;
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    if (!(Math.abs(rows[k]![k]!) > 0)) return undefined;
    for (let row = k + 1; row < size; row++) {
      const factor = rows[row]![k]! / rows[k]![k]!;
      for (let column = k; column <= size; column++) rows[row]![column]! -= factor * rows[k]![column]!;
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let k = size - 1; k >= 0; k--) {
    solution[k] = (rows[k]![size]! - dot(rows[k]!.slice(0, size), solution)) / rows[k]![k]!;
  }
  return solution;
}
