/**
 * Lays one image over another by a homography: enhanced correlation coefficient maximisation (ECC; Evangelidis and Psarakis 2008,
 * doi 10.1109/TPAMI.2008.113), forward additive, as PASS asks for.
 * @module
 */
import type { ImageShape } from '../tensors/index.js';

/** `[h00, h01, h02, h10, h11, h12, h20, h21]` with h22 = 1, in coordinates from the image's centre whose unit is half of its longer side. */
type Homography = readonly number[];

const PARAMETERS = 8;
const IDENTITY: Homography = [1, 0, 0, 0, 1, 0, 0, 0];
const MAXIMUM_STEPS = 50;
/** In pixels: a step that moves no corner further changes little that can be seen. Changes of single pixels end here at once, and cheaply. */
const CONVERGED = 0.5;
/** Added to the diagonal of the normal equations, relative to its mean: flat images leave directions without curvature. */
const DAMPING = 1e-6;

/**
 * `moving`, warped so that it correlates best with `fixed`; as it is where no homography is better.
 * @param moving `[height, width, channels]`, values from 0 to 255. @param fixed the same shape.
 */
export function aligned(moving: Uint8Array, fixed: Uint8Array, shape: ImageShape): ArrayLike<number> {
  const images = { template: grey(fixed, shape), ...withSlopes(grey(moving, shape), shape) };
  let best = { homography: IDENTITY, correlation: -Infinity };
  let homography: Homography = IDENTITY;
  for (let count = 0; count < MAXIMUM_STEPS; count++) {
    const { correlation, step } = ascend(images, shape, homography);
    if (!(correlation > best.correlation)) break;
    best = { homography, correlation };
    if (!step || furthestMove(step, shape) < CONVERGED) break;
    homography = homography.map((value, k) => value + step[k]!);
  }
  return best.homography === IDENTITY ? moving : warped(moving, shape, best.homography);
}

interface Images {
  readonly template: Float64Array;
  readonly image: Float64Array;
  /** Change of the image from pixel to pixel, along rows and along columns. */
  readonly slopeX: Float64Array;
  readonly slopeY: Float64Array;
}

/** The correlation at a homography, and the Gauss-Newton step from there (the paper's equation 16); no step where there is none, as on flat images. */
function ascend(images: Images, shape: ImageShape, homography: Homography): { correlation: number; step?: number[] } {
  const { template, image, slopeX, slopeY } = images;
  const [h00, h01, h02, h10, h11, h12, h20, h21] = homography;
  const [height, width] = shape;
  const unit = Math.max(height, width) / 2;
  const n = template.length;
  let [sumT, sumI, sumTT, sumII, sumTI] = [0, 0, 0, 0, 0];
  const jacobian = new Float64Array(PARAMETERS);
  const [sumJ, sumJT, sumJI] = [new Float64Array(PARAMETERS), new Float64Array(PARAMETERS), new Float64Array(PARAMETERS)];
  const hessian = new Float64Array(PARAMETERS * PARAMETERS);
  for (let p = 0; p < n; p++) {
    const x = ((p % width) - (width - 1) / 2) / unit;
    const y = (Math.floor(p / width) - (height - 1) / 2) / unit;
    const depth = h20! * x + h21! * y + 1;
    const u = (h00! * x + h01! * y + h02!) / depth;
    const v = (h10! * x + h11! * y + h12!) / depth;
    const column = u * unit + (width - 1) / 2;
    const row = v * unit + (height - 1) / 2;
    const t = template[p]!;
    const i = sample(image, height, width, 1, 0, column, row);
    const gx = (sample(slopeX, height, width, 1, 0, column, row) * unit) / depth;
    const gy = (sample(slopeY, height, width, 1, 0, column, row) * unit) / depth;
    const both = -(gx * u + gy * v);
    jacobian[0] = gx * x;
    jacobian[1] = gx * y;
    jacobian[2] = gx;
    jacobian[3] = gy * x;
    jacobian[4] = gy * y;
    jacobian[5] = gy;
    jacobian[6] = both * x;
    jacobian[7] = both * y;
    sumT += t;
    sumI += i;
    sumTT += t * t;
    sumII += i * i;
    sumTI += t * i;
    for (let k = 0; k < PARAMETERS; k++) {
      const slope = jacobian[k]!;
      sumJ[k]! += slope;
      sumJT[k]! += slope * t;
      sumJI[k]! += slope * i;
      for (let l = k; l < PARAMETERS; l++) hessian[k * PARAMETERS + l]! += slope * jacobian[l]!;
    }
  }
  const [tt, ii, ti] = [sumTT - (sumT * sumT) / n, sumII - (sumI * sumI) / n, sumTI - (sumT * sumI) / n];
  if (!(tt > 0 && ii > 0)) return { correlation: -Infinity };
  const correlation = ti / Math.sqrt(tt * ii);
  const curvature = (k: number, l: number) => hessian[Math.min(k, l) * PARAMETERS + Math.max(k, l)]!;
  const damping = (DAMPING * IDENTITY.reduce((sum, _, k) => sum + curvature(k, k), 0)) / PARAMETERS;
  const matrix = IDENTITY.map((_, k) => IDENTITY.map((__, l) => curvature(k, l) + (k === l ? damping : 0)));
  const onImage = Array.from(sumJI, (value, k) => value - (sumJ[k]! * sumI) / n);
  const onTemplate = Array.from(sumJT, (value, k) => value - (sumJ[k]! * sumT) / n);
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

function warped(image: Uint8Array, [height, width, channels]: ImageShape, homography: Homography): Float64Array {
  const unit = Math.max(height, width) / 2;
  const result = new Float64Array(image.length);
  for (let p = 0; p < height * width; p++) {
    const { u, v } = project(homography, ((p % width) - (width - 1) / 2) / unit, (Math.floor(p / width) - (height - 1) / 2) / unit);
    for (let channel = 0; channel < channels; channel++) {
      const [column, row] = [u * unit + (width - 1) / 2, v * unit + (height - 1) / 2];
      result[p * channels + channel] = sample(image, height, width, channels, channel, column, row);
    }
  }
  return result;
}

/** Bilinear; beyond the image, its nearest pixel. */
function sample(
  image: ArrayLike<number>,
  height: number,
  width: number,
  channels: number,
  channel: number,
  column: number,
  row: number,
): number {
  const x = Math.min(width - 1, Math.max(0, column));
  const y = Math.min(height - 1, Math.max(0, row));
  const left = Math.floor(x);
  const top = Math.floor(y);
  const topLeft = (top * width + left) * channels + channel;
  const right = left + 1 < width ? channels : 0;
  const below = top + 1 < height ? width * channels : 0;
  const dx = x - left;
  const dy = y - top;
  const upper = (1 - dx) * image[topLeft]! + dx * image[topLeft + right]!;
  return (1 - dy) * upper + dy * ((1 - dx) * image[topLeft + below]! + dx * image[topLeft + below + right]!);
}

function grey(image: Uint8Array, [, , channels]: ImageShape): Float64Array {
  const values = new Float64Array(image.length / channels);
  for (let k = 0; k < image.length; k++) values[Math.floor(k / channels)]! += image[k]! / channels;
  return values;
}

/** Central differences. */
function withSlopes(image: Float64Array, [height, width]: ImageShape): Omit<Images, 'template'> {
  const [slopeX, slopeY] = [new Float64Array(image.length), new Float64Array(image.length)];
  for (let p = 0; p < image.length; p++) {
    const column = p % width;
    slopeX[p] = (image[column + 1 < width ? p + 1 : p]! - image[column > 0 ? p - 1 : p]!) / 2;
    slopeY[p] = (image[p + width < height * width ? p + width : p]! - image[p >= width ? p - width : p]!) / 2;
  }
  return { image, slopeX, slopeY };
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
