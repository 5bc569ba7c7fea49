/** The dual of a support vector machine by pairs of variables of second order (Platt 1998; Fan, Chen & Lin 2005), as in libsvm. @module */

const LEAST_CURVATURE = 1e-12;

export interface Machine {
  /** α_i y_i. */
  readonly coefficients: Float64Array;
  /** The decision is `Σ_i α_i y_i k(x_i, x) + bias`. */
  readonly bias: number;
}

/**
 * @param kernels k(x_i, x_j). @param sides 1 or -1 of each example. @param cost C.
 * @param tolerance of the violation of the optimality conditions, as scikit-learn's `tol`.
 */
export function solveMachine(kernels: Float32Array, sides: Int8Array, cost: number, tolerance: number, maximumIterations: number): Machine {
  const count = sides.length;
  const alpha = new Float64Array(count);
  /** Gradient of the dual, `Σ_j Q_ij α_j - 1`. */
  const gradient = new Float64Array(count).fill(-1);
  const canRise = (i: number) => (sides[i]! > 0 ? alpha[i]! < cost : alpha[i]! > 0);
  const canFall = (i: number) => (sides[i]! > 0 ? alpha[i]! > 0 : alpha[i]! < cost);
  for (let iteration = 0; iteration < maximumIterations; iteration++) {
    let i = -1;
    let highest = -Infinity;
    for (let t = 0; t < count; t++) {
      const value = -sides[t]! * gradient[t]!;
      if (canRise(t) && value > highest) [highest, i] = [value, t];
    }
    let j = -1;
    let best = Infinity;
    let lowest = Infinity;
    const row = i * count;
    const ownKernel = i < 0 ? 0 : kernels[row + i]!;
    for (let t = 0; t < count && i >= 0; t++) {
      if (!canFall(t)) continue;
      const value = -sides[t]! * gradient[t]!;
      if (value < lowest) lowest = value;
      const difference = highest - value;
      if (difference <= 0) continue;
      const curvature = Math.max(LEAST_CURVATURE, ownKernel + kernels[t * count + t]! - 2 * kernels[row + t]!);
      const gain = -(difference * difference) / curvature;
      if (gain < best) [best, j] = [gain, t];
    }
    if (i < 0 || j < 0 || highest - lowest < tolerance) break;
    // Moves α_i y_i up and α_j y_j down by the same.
    const curvature = Math.max(LEAST_CURVATURE, ownKernel + kernels[j * count + j]! - 2 * kernels[row + j]!);
    const wanted = (highest + sides[j]! * gradient[j]!) / curvature;
    const roomUp = sides[i]! > 0 ? cost - alpha[i]! : alpha[i]!;
    const roomDown = sides[j]! > 0 ? alpha[j]! : cost - alpha[j]!;
    const step = Math.min(wanted, roomUp, roomDown);
    alpha[i] = step === roomUp ? (sides[i]! > 0 ? cost : 0) : alpha[i]! + sides[i]! * step;
    alpha[j] = step === roomDown ? (sides[j]! > 0 ? 0 : cost) : alpha[j]! - sides[j]! * step;
    for (let t = 0; t < count; t++) gradient[t]! += sides[t]! * step * (kernels[row + t]! - kernels[j * count + t]!);
  }
  return { coefficients: alpha.map((value, i) => value * sides[i]!), bias: biasOf(alpha, gradient, sides, cost) };
}

/** From the vectors on the margin; where there are none, the middle of what the conditions allow. */
function biasOf(alpha: Float64Array, gradient: Float64Array, sides: Int8Array, cost: number): number {
  let [sum, free, upper, lower] = [0, 0, Infinity, -Infinity];
  for (const [i, value] of alpha.entries()) {
    const bound = sides[i]! * gradient[i]!;
    if (value > 0 && value < cost) [sum, free] = [sum + bound, free + 1];
    else if ((value === 0) === sides[i]! > 0) upper = Math.min(upper, bound);
    else lower = Math.max(lower, bound);
  }
  return -(free > 0 ? sum / free : (upper + lower) / 2);
}
