/**
 * The step of Brendel & Bethge 2019 in L0: `min ‖x + δ - original‖₀` so that the linear form of the margin changes by c, within a trust region and the pixel range.
 * Each pixel value goes back to its original, or moves to where the dual has it; one of them then makes up for what is left of c, as in Foolbox.
 * @module
 */
import { dot } from '../core/image-arrays.js';
import type { StepProblem } from './step-problem.js';

/** Halvings of an interval of multipliers: of the trust region's, and of the boundary's. */
const [OUTER, INNER] = [24, 40];
/** Multipliers that a search goes through, for slopes of 1 at most. */
const [WEAKEST, STRONGEST] = [1e-6, 1e9];
/** Values that differ by less have not changed. */
const UNCHANGED = 1e-10;

/** @param slopes of the margin, scaled so that the largest is 1, and `change` with them. @returns δ; nothing where no step was found. */
export function fewestValues(problem: StepProblem, slopes: Float64Array, change: number): Float64Array | undefined {
  return new FewestValues(problem, slopes, change).solve();
}

class FewestValues {
  private readonly delta: Float64Array;
  private best?: { readonly delta: Float64Array; readonly changed: number; readonly squares: number };

  constructor(
    private readonly problem: StepProblem,
    private readonly slopes: Float64Array,
    private readonly change: number,
  ) {
    this.delta = new Float64Array(slopes.length);
  }

  solve(): Float64Array | undefined {
    const { radius } = this.problem;
    const free = this.withoutTrustRegion();
    if (lengthOf(free) <= radius) return free;
    let [low, high] = [Math.log(WEAKEST), Math.log(STRONGEST)];
    for (let halving = 0; halving < OUTER; halving++) {
      const middle = (low + high) / 2;
      if (this.take(Math.exp(middle))) high = middle;
      else low = middle;
    }
    return this.best?.delta;
  }

  /** All values go back, and those that gain most go as far as they can, one after the other until the boundary is reached. */
  private withoutTrustRegion(): Float64Array {
    const { original, x } = this.problem;
    const delta = this.slopes.map((_, i) => original[i]! - x[i]!);
    let missing = this.change - dot(this.slopes, delta);
    const sign = Math.sign(missing);
    const farthest = this.slopes.map((slope, i) => (sign * slope > 0 ? 1 : 0) - original[i]!);
    const order = [...this.slopes.keys()].sort(
      (i, j) => Math.abs(this.slopes[j]! * farthest[j]!) - Math.abs(this.slopes[i]! * farthest[i]!),
    );
    for (const i of order) {
      const gained = this.slopes[i]! * farthest[i]!;
      if (Math.abs(gained) >= Math.abs(missing)) {
        if (gained !== 0) delta[i]! += (missing / gained) * farthest[i]!;
        return delta;
      }
      delta[i]! += farthest[i]!;
      missing -= gained;
    }
    return delta;
  }

  /** The steps on both sides of the λ at which the dual's step passes the boundary. @returns whether one of them, made to end on it, is within the trust region. */
  private take(mu: number): boolean {
    let [low, high] = [0, 0];
    const first = this.moveTo(0, mu);
    const isShort = first > 0;
    for (let reach = isShort ? 1 : -1; ; reach *= 4) {
      if (isShort) high = reach;
      else low = reach;
      if (this.moveTo(reach, mu) > 0 !== isShort) break;
      if (Math.abs(reach) > STRONGEST) return false;
      if (isShort) low = reach;
      else high = reach;
    }
    for (let halving = 0; halving < INNER; halving++) {
      const middle = (low + high) / 2;
      if (this.moveTo(middle, mu) > 0) low = middle;
      else high = middle;
    }
    const [before, after] = [low, high].map((lambda) => this.endOnBoundary(this.moveTo(lambda, mu)));
    return before! || after!;
  }

  /** Each value's minimum of `[x + δ ≠ original] + μ/2 δ² - λ slope δ`. @returns how much of the change is missing then. */
  private moveTo(lambda: number, mu: number): number {
    const { original, x } = this.problem;
    const half = mu / 2;
    let sum = 0;
    for (let i = 0; i < x.length; i++) {
      const pull = lambda * this.slopes[i]!;
      const back = original[i]! - x[i]!;
      const least = pull / mu;
      const moved = least > 1 - x[i]! ? 1 - x[i]! : least < -x[i]! ? -x[i]! : least;
      const delta = (half * back - pull) * back <= 1 + (half * moved - pull) * moved ? back : moved;
      this.delta[i] = delta;
      sum += this.slopes[i]! * delta;
    }
    return this.change - sum;
  }

  /** Changes the one value that can make up for what is missing, and leaves fewest changed; of several, the one that leaves the step shortest. */
  private endOnBoundary(missing: number): boolean {
    const { original, x, radius } = this.problem;
    const isChanged = (delta: number, i: number) => Number(Math.abs(x[i]! + delta - original[i]!) > UNCHANGED);
    const squares = dot(this.delta, this.delta);
    const changed = this.delta.reduce((count, delta, i) => count + isChanged(delta, i), 0);
    let found: { at: number; to: number; changed: number; squares: number } | undefined;
    for (let i = 0; i < x.length; i++) {
      if (this.slopes[i] === 0) continue;
      const old = this.delta[i]!;
      const to = old + missing / this.slopes[i]!;
      const then = squares - old * old + to * to;
      if (!(x[i]! + to >= 0 && x[i]! + to <= 1 && then <= radius * radius)) continue;
      const count = changed - isChanged(old, i) + isChanged(to, i);
      if (found && (found.changed < count || (found.changed === count && found.squares <= then))) continue;
      found = { at: i, to, changed: count, squares: then };
    }
    if (!found) return false;
    const { at, to, ...is } = found;
    const { best } = this;
    if (best && (best.changed < is.changed || (best.changed === is.changed && best.squares <= is.squares))) return true;
    const delta = this.delta.slice();
    delta[at] = to;
    this.best = { delta, ...is };
    return true;
  }
}

const lengthOf = (delta: Float64Array) => Math.sqrt(dot(delta, delta));
