/**
 * Projection onto a Wasserstein ball by projected Sinkhorn iterations (Wong, Schmidt & Kolter 2019, algorithm 2): Newton's steps on the dual of the projection with a
 * little entropy, where brightness moves within a square around each pixel and stays in its channel.
 * @module
 */

/** Where brightness may go, and what a unit of it costs. */
export interface LocalCost {
  /** Odd. */
  readonly side: number;
  /** `[side, side]`, the middle one 0. */
  readonly costs: Float64Array;
}

/** @param power of the distance in pixels. */
export function localCost(side: number, power: number): LocalCost {
  const middle = (side - 1) / 2;
  const costs = Float64Array.from(
    { length: side * side },
    (_, at) => Math.hypot(Math.floor(at / side) - middle, (at % side) - middle) ** power,
  );
  return { side, costs };
}

export interface SinkhornOptions {
  readonly cost: LocalCost;
  /** Most that all moves may cost together, as a share of the brightness of the image times pixels. */
  readonly radius: number;
  /** λ: weight of the distance to the point against the entropy. */
  readonly regularization: number;
  /** Most iterations. */
  readonly iterations: number;
}

/** A change of the dual of less, absolute and relative, ends the iterations, where the moves cost no more than this share over the radius. */
const CONVERGED = 1e-4;
const LARGEST_EXCESS = 0.02;

/** What a share of a Newton's step is halved to at the least. */
const SMALLEST_SHARE = 1e-2;

/** Of an exponent, so that sums of some of its powers stay finite. */
const LARGEST_EXPONENT = 700;

/**
 * @param center of the ball, `[height, width, channels]`. @param point what is projected, of the same shape.
 * @returns the nearest image in the ball; the centre where that is black.
 */
export function projectedSinkhorn(
  center: ArrayLike<number>,
  point: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
  { cost, radius, regularization: lambda, iterations }: SinkhornOptions,
): Float64Array {
  const size = center.length;
  const total = sum(size, (p) => center[p]!);
  const [x, y] = [Float64Array.from(center), Float64Array.from(point)];
  if (total <= 0) return x;
  for (let p = 0; p < size; p++) {
    x[p]! /= total;
    y[p]! /= total;
  }
  const transport = new Transport(height, width, channels, cost);
  /** exp(-α), exp(-β) and β + λ y of the dual variables. */
  const ofCenter = new Float64Array(size);
  const ofPoint = new Float64Array(size).fill(size);
  const mass = new Float64Array(size);
  let psi = 1;
  let [kernel, costing, steeper] = transport.kernels(psi);
  let received = transport.apply(kernel, ofPoint);
  let before = -Infinity;
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (let p = 0; p < size; p++) ofCenter[p] = x[p]! / received[p]!;
    const sent = transport.apply(kernel, ofCenter);
    for (let p = 0; p < size; p++) {
      mass[p] = sent[p]! > 0 ? lambertOfExponential(Math.log(lambda * sent[p]!) + lambda * y[p]!) : 0;
      // exp(λ y - W) is W / (λ s), which does not overflow.
      ofPoint[p] = mass[p]! > 0 ? mass[p]! / (lambda * sent[p]!) : Math.exp(Math.min(lambda * y[p]!, LARGEST_EXPONENT));
    }
    const [spent, bend] = [transport.apply(costing, ofPoint), transport.apply(steeper, ofPoint)];
    const slope = sum(size, (p) => ofCenter[p]! * spent[p]!) - radius;
    const curvature = -sum(size, (p) => ofCenter[p]! * bend[p]!);
    // Nothing can move.
    if (curvature === 0) break;
    let share = 1;
    while (psi - (share * slope) / curvature < 0 && share > SMALLEST_SHARE) share /= 2;
    psi = Math.max(psi - (share * slope) / curvature, 0);
    [kernel, costing, steeper] = transport.kernels(psi);
    received = transport.apply(kernel, ofPoint);
    const dual =
      -psi * radius -
      sum(size, (p) => {
        const beta = mass[p]! - lambda * y[p]!;
        const ofAlpha = x[p]! > 0 ? -Math.log(ofCenter[p]!) * x[p]! : 0;
        return (0.5 / lambda) * beta * beta + ofAlpha + beta * y[p]! + ofCenter[p]! * received[p]!;
      });
    const isPaidFor = slope <= LARGEST_EXCESS * radius;
    if (isPaidFor && Math.abs(dual - before) <= CONVERGED + CONVERGED * Math.abs(dual)) break;
    before = dual;
  }
  return mass.map((value) => (value / lambda) * total);
}

function sum(count: number, of: (at: number) => number): number {
  let total = 0;
  for (let at = 0; at < count; at++) total += of(at);
  return total;
}

/** `W(exp(logarithm))`, W being Lambert's function: the w with `w + log w = logarithm`. */
export function lambertOfExponential(logarithm: number): number {
  if (logarithm < -30) return Math.exp(logarithm);
  let w = logarithm > 1 ? logarithm - Math.log(logarithm) : Math.exp(logarithm) / (1 + Math.exp(logarithm));
  for (let step = 0; step < 20; step++) {
    const next = (w * (1 + logarithm - Math.log(w))) / (1 + w);
    if (Math.abs(next - w) <= 1e-14 * next) return next;
    w = next;
  }
  return w;
}

/** Sums over squares around each pixel, zeros outside of the image. */
class Transport {
  constructor(
    private readonly height: number,
    private readonly width: number,
    private readonly channels: number,
    private readonly cost: LocalCost,
  ) {}

  /** Weights K = exp(-ψ C - 1), and those times the cost once and twice. */
  kernels(psi: number): [Float64Array, Float64Array, Float64Array] {
    const { costs } = this.cost;
    const kernel = costs.map((cost) => Math.exp(-psi * cost - 1));
    return [kernel, kernel.map((weight, at) => weight * costs[at]!), kernel.map((weight, at) => weight * costs[at]! ** 2)];
  }

  apply(weights: Float64Array, values: Float64Array): Float64Array {
    const { height, width, channels } = this;
    const { side } = this.cost;
    const reach = (side - 1) / 2;
    const out = new Float64Array(values.length);
    for (let down = -reach; down <= reach; down++) {
      for (let right = -reach; right <= reach; right++) {
        const weight = weights[(down + reach) * side + right + reach]!;
        if (weight === 0) continue;
        const [first, last] = [Math.max(0, -right) * channels, Math.min(width, width - right) * channels];
        for (let row = Math.max(0, -down); row < Math.min(height, height - down); row++) {
          const [to, from] = [row * width * channels, ((row + down) * width + right) * channels];
          for (let at = first; at < last; at++) out[to + at]! += weight * values[from + at]!;
        }
      }
    }
    return out;
  }
}
