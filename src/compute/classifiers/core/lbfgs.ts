/** L-BFGS (Liu & Nocedal 1989) with a line search by Armijo's condition and curvature, for smooth convex functions. @module */

/** Corrections that are remembered. */
const MEMORY = 10;
const SUFFICIENT = 1e-4;
const CURVATURE = 0.9;

export interface Minimisation {
  /** Ends where no component of the gradient is larger. */
  readonly tolerance: number;
  readonly iterations: number;
  /** Called once in each iteration. */
  pause(): Promise<void>;
}

const dot = (a: Float64Array, b: Float64Array) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** @param evaluate writes the gradient and returns the value. @returns where the minimum is. */
export async function minimise(
  start: Float64Array,
  evaluate: (x: Float64Array, gradient: Float64Array) => number,
  { tolerance, iterations, pause }: Minimisation,
): Promise<Float64Array> {
  const size = start.length;
  let x = start.slice();
  let gradient = new Float64Array(size);
  let value = evaluate(x, gradient);
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    await pause();
    if (gradient.every((slope) => Math.abs(slope) <= tolerance)) break;
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    let [low, high, step] = [0, Infinity, pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1];
    let next = x;
    let nextGradient: Float64Array<ArrayBuffer> = new Float64Array(size);
    let nextValue = value;
    // Bisection between steps that are too long and too short.
    for (let trial = 0; trial < 50; trial++) {
      next = Float64Array.from(x, (coordinate, i) => coordinate + step * direction[i]!);
      nextGradient = new Float64Array(size);
      nextValue = evaluate(next, nextGradient);
      if (nextValue > value + SUFFICIENT * step * slope) high = step;
      else if (dot(nextGradient, direction) < CURVATURE * slope) low = step;
      else break;
      step = high === Infinity ? 2 * low : (low + high) / 2;
    }
    if (!(nextValue < value)) break;
    const s = next.map((coordinate, i) => coordinate - x[i]!);
    const y = nextGradient.map((component, i) => component - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 0) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > MEMORY) pairs.shift();
    [x, gradient, value] = [next, nextGradient, nextValue];
  }
  return x;
}

/** The two-loop recursion. */
function descent(gradient: Float64Array, pairs: readonly { s: Float64Array; y: Float64Array; rho: number }[]): Float64Array {
  const q = gradient.map((slope) => -slope);
  const alphas = pairs.toReversed().map(({ s, y, rho }) => {
    const alpha = rho * dot(s, q);
    for (let i = 0; i < q.length; i++) q[i]! -= alpha * y[i]!;
    return alpha;
  });
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < q.length; i++) q[i]! *= scale;
  }
  for (const [k, { s, y, rho }] of pairs.entries()) {
    const beta = alphas[pairs.length - 1 - k]! - rho * dot(y, q);
    for (let i = 0; i < q.length; i++) q[i]! += beta * s[i]!;
  }
  return q;
}
