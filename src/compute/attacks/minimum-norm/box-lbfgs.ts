/**
 * L-BFGS for many independent problems at once, `min f(x)` with every value of x in [0, 1]: the two-loop recursion (Nocedal & Wright 2006, algorithm 7.4) on the
 * values that are free to move, and a backtracking search along the projected way (Bertsekas 1982). Every evaluation is one for all problems that are left.
 * @module
 */
import { floats, gather, type HostTensor } from '../../tensors/index.js';
import { dot } from '../core/image-arrays.js';

/** Steps that the approximation of the curvature remembers. */
const MEMORY = 5;

/** Share of the decrease that the gradient promises which a step must bring (Armijo). */
const SUFFICIENT = 1e-4;

/** Halvings of a step after which there is no way down. */
const MOST_HALVINGS = 20;

/** A step that lowers f by less than this part of it is the last: float32 resolves no finer. */
const LEAST_PROGRESS = 1e-6;

export interface ValuesAndGradients {
  readonly values: Float32Array;
  /** Of every problem, with the shape of x. */
  readonly gradients: Float32Array;
}

export interface Minimised {
  readonly x: HostTensor;
  /** Evaluations of every problem. */
  readonly evaluations: Int32Array;
}

/** @param start `[n, ...]`, values in [0, 1]. @param evaluate f and its gradient for the problems in `rows`. @param steps most steps of each problem. */
export async function minimiseInBox(
  start: HostTensor,
  steps: number,
  evaluate: (x: HostTensor, rows: Int32Array) => Promise<ValuesAndGradients>,
): Promise<Minimised> {
  const n = start.shape[0]!;
  const size = start.data.length / Math.max(1, n);
  const data = floats(start).slice();
  const trials = { ...start, data };
  const evaluations = new Int32Array(n);
  const problems = Array.from({ length: n }, (_, i) => new Problem(data.subarray(i * size, (i + 1) * size)));
  let left = Int32Array.from(problems.keys());
  while (left.length > 0) {
    const { values, gradients } = await evaluate(gather(trials, left), left);
    left = left.filter((i, row) => {
      evaluations[i]!++;
      return problems[i]!.proceed(values[row]!, gradients.slice(row * size, (row + 1) * size), steps);
    });
  }
  return { x: trials, evaluations };
}

interface Pair {
  readonly step: Float32Array;
  readonly change: Float32Array;
  readonly product: number;
}

/** One problem between two evaluations. */
class Problem {
  private x: Float32Array | undefined;
  private value = Infinity;
  private gradient: Float32Array = new Float32Array(0);
  private direction: Float32Array = new Float32Array(0);
  private pairs: Pair[] = [];
  private taken = 0;
  private halvings = 0;

  /** @param trial where f is evaluated next, and in the end the minimum. */
  constructor(private readonly trial: Float32Array) {}

  /** Takes f and its gradient at the trial point. @returns whether there is another one to look at. */
  proceed(value: number, gradient: Float32Array, steps: number): boolean {
    if (!this.x) return this.moveOn(value, gradient);
    const promised = dot(this.gradient, difference(this.trial, this.x));
    if (!(value <= this.value + SUFFICIENT * promised)) {
      if (++this.halvings <= MOST_HALVINGS) return this.tryStep();
      this.trial.set(this.x);
      return false;
    }
    const settled = this.value - value <= LEAST_PROGRESS * Math.max(Math.abs(this.value), Math.abs(value), 1);
    this.remember(difference(this.trial, this.x), difference(gradient, this.gradient));
    return ++this.taken < steps && !settled && this.moveOn(value, gradient);
  }

  private moveOn(value: number, gradient: Float32Array): boolean {
    [this.x, this.value, this.gradient, this.halvings] = [this.trial.slice(), value, gradient, 0];
    const free = gradient.map((slope, p) => ((this.trial[p]! <= 0 && slope > 0) || (this.trial[p]! >= 1 && slope < 0) ? 0 : slope));
    const length = Math.sqrt(dot(free, free));
    if (!(length > 0)) return false;
    this.direction = this.newton(free);
    if (dot(this.direction, free) >= 0) {
      this.pairs = [];
      this.direction = this.newton(free);
    }
    return this.tryStep();
  }

  private tryStep(): boolean {
    const size = 0.5 ** this.halvings;
    for (const [p, from] of this.x!.entries()) this.trial[p] = Math.min(1, Math.max(0, from + size * this.direction[p]!));
    return true;
  }

  /** Only steps along which f curves upwards keep the approximation positive definite. */
  private remember(step: Float32Array, change: Float32Array): void {
    const product = dot(step, change);
    if (product <= 1e-10 * dot(change, change)) return;
    this.pairs.push({ step, change, product });
    if (this.pairs.length > MEMORY) this.pairs.shift();
  }

  /** `-H g` on the values that are free, those with a slope. Without a memory, the gradient's way with length 1. */
  private newton(free: Float32Array): Float32Array {
    const way = free.map((slope) => -slope);
    const latest = this.pairs.at(-1);
    if (!latest) return scaled(way, 1 / Math.sqrt(dot(way, way)));
    const weights = this.pairs.toReversed().map(({ step, change, product }) => {
      const weight = dot(step, way) / product;
      add(way, change, -weight);
      return weight;
    });
    const direction = scaled(way, latest.product / dot(latest.change, latest.change));
    for (const [at, { step, change, product }] of this.pairs.entries()) {
      add(direction, step, weights[weights.length - 1 - at]! - dot(change, direction) / product);
    }
    return direction.map((value, p) => (free[p] === 0 ? 0 : value));
  }
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  return Float32Array.from(a, (value, p) => value - b[p]!);
}

function scaled(values: Float32Array, factor: number): Float32Array {
  return Float32Array.from(values, (value) => value * factor);
}

function add(to: Float32Array, values: Float32Array, factor: number): void {
  for (let p = 0; p < to.length; p++) to[p]! += factor * values[p]!;
}
