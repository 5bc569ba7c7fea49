/**
 * The step of Brendel & Bethge 2019: `min distance(x + δ, original)` so that the linear form of the margin changes by c, `⟨slope, δ⟩ = c`, within a trust region,
 * `‖δ‖₂ ≤ r`, and the pixel range. Solved by its dual: for given multipliers, the minimum is one of each pixel value by itself. Where the boundary is out of reach,
 * the step that comes nearest to it.
 * @module
 */
import type { Norm } from '../../distances/index.js';
import { fewestValues } from './fewest-values.js';
import type { StepProblem } from './step-problem.js';

/** Halvings of an interval of multipliers, and of distances. */
const [OUTER, INNER] = [24, 60];
/** Of c and r, as shares; that of c is Foolbox's. */
const [CLOSE, CLOSE_RADIUS] = [1e-3, 0.999];
const [WEAKEST, STRONGEST] = [1e-6, 1e9];

/** A pixel value's part of the minimum: δ for multipliers λ of the boundary and μ of the trust region. @param toOriginal the change that brings it back. */
type Part = (toOriginal: number, pull: number, mu: number, low: number, high: number) => number;

const clip = (value: number, low: number, high: number) => (value < low ? low : value > high ? high : value);

/** `pull` is λ times the slope. Each minimises its distance + μ/2 δ² - pull δ. */
const PARTS: Readonly<Record<'L2' | 'L1', Part>> = {
  L2: (toOriginal, pull, mu, low, high) => clip((toOriginal + pull) / (1 + mu), low, high),
  L1(toOriginal, pull, mu, low, high) {
    const [below, above] = [(pull + 1) / mu, (pull - 1) / mu];
    return clip(below < toOriginal ? below : above > toOriginal ? above : toOriginal, low, high);
  },
};

/** @returns δ. */
export function trustRegionStep(norm: Norm, problem: StepProblem): Float64Array {
  const step = new StepSearch(problem);
  const shortest = step.shortest(0, 1);
  if (!shortest || step.length() > problem.radius) return step.nearest();
  if (norm === 'L0') return step.fewest();
  return norm === 'LINF' ? step.leastLargest() : step.least(PARTS[norm]);
}

class StepSearch {
  private readonly slope: Float64Array;
  private readonly change: number;
  private readonly delta: Float64Array;

  constructor(private readonly problem: StepProblem) {
    const { slope, change } = problem;
    let largest = 0;
    for (const value of slope) largest = Math.max(largest, Math.abs(value));
    // Multipliers are then of one size, whatever the scale of the logits.
    const scale = largest > 0 ? 1 / largest : 0;
    this.slope = Float64Array.from(slope, (value) => value * scale);
    this.change = change * scale;
    this.delta = new Float64Array(slope.length);
  }

  length(): number {
    let squares = 0;
    for (const value of this.delta) squares += value * value;
    return Math.sqrt(squares);
  }

  /** The shortest step to the boundary where images stay within [low, high], and within a distance of the original. @returns whether there is one. */
  shortest(low: number, high: number, distance = Infinity): boolean {
    const { x, original } = this.problem;
    return this.solve((lambda, i) => {
      const least = Math.max(low, original[i]! - distance) - x[i]!;
      const most = Math.min(high, original[i]! + distance) - x[i]!;
      return clip(lambda * this.slope[i]!, least, most);
    });
  }

  /** As far towards the boundary as the trust region lets one go. */
  nearest(): Float64Array {
    const { x, radius } = this.problem;
    const sign = Math.sign(this.change);
    const go = (time: number) => {
      for (let i = 0; i < x.length; i++) this.delta[i] = clip(sign * time * this.slope[i]!, -x[i]!, 1 - x[i]!);
      return this.length() <= radius;
    };
    let [low, high] = [0, 1];
    while (high < STRONGEST && go(high)) [low, high] = [high, 2 * high];
    for (let halving = 0; halving < OUTER; halving++) {
      const middle = (low + high) / 2;
      if (go(middle)) low = middle;
      else high = middle;
    }
    go(low);
    return this.delta;
  }

  /** The least distance: μ as small as the trust region allows. */
  least(part: Part): Float64Array {
    const { radius } = this.problem;
    const isIn = (mu: number) => this.solveParts(part, mu) && this.length() <= radius;
    if (isIn(WEAKEST)) return this.delta;
    let [low, high] = [Math.log(WEAKEST), Math.log(STRONGEST)];
    for (let halving = 0; halving < OUTER; halving++) {
      const middle = (low + high) / 2;
      if (!isIn(Math.exp(middle))) low = middle;
      else {
        high = middle;
        if (this.length() > CLOSE_RADIUS * radius) return this.delta;
      }
    }
    if (!isIn(Math.exp(high))) this.shortest(0, 1);
    return this.delta;
  }

  /** The fewest values that differ from the original. */
  fewest(): Float64Array {
    const found = fewestValues(this.problem, this.slope, this.change);
    if (found) return found;
    this.shortest(0, 1);
    return this.delta;
  }

  /** The least largest change. */
  leastLargest(): Float64Array {
    const { radius } = this.problem;
    let [low, high] = [0, 1];
    for (let halving = 0; halving < OUTER; halving++) {
      const middle = (low + high) / 2;
      if (this.shortest(0, 1, middle) && this.length() <= radius) high = middle;
      else low = middle;
    }
    this.shortest(0, 1, high);
    return this.delta;
  }

  private solveParts(part: Part, mu: number): boolean {
    const { x, original } = this.problem;
    return this.solve((lambda, i) => part(original[i]! - x[i]!, lambda * this.slope[i]!, mu, -x[i]!, 1 - x[i]!));
  }

  /** Finds λ, by which `⟨slope, δ⟩` rises, and leaves δ there. @returns false where no λ reaches the boundary. */
  private solve(deltaAt: (lambda: number, i: number) => number): boolean {
    const { slope, delta, change } = this;
    const tolerance = CLOSE * Math.abs(change) + 1e-12;
    const missing = (lambda: number) => {
      let sum = 0;
      for (let i = 0; i < delta.length; i++) {
        delta[i] = deltaAt(lambda, i);
        sum += slope[i]! * delta[i]!;
      }
      return change - sum;
    };
    const first = missing(0);
    if (Math.abs(first) <= tolerance) return true;
    let [low, high, atLow, atHigh] = [0, 0, first, first];
    for (let reach = Math.sign(first); ; reach *= 4) {
      const at = missing(reach);
      if (Math.abs(at) <= tolerance) return true;
      if (first > 0) [high, atHigh] = [reach, at];
      else [low, atLow] = [reach, at];
      if (at > 0 !== first > 0) break;
      if (Math.abs(reach) > STRONGEST) return false;
      if (first > 0) [low, atLow] = [reach, at];
      else [high, atHigh] = [reach, at];
    }
    // Regula falsi after Illinois, and halves where that does not get on.
    for (let round = 0; round < INNER; round++) {
      const middle = round % 3 === 2 ? (low + high) / 2 : low + ((high - low) * atLow) / (atLow - atHigh);
      const at = missing(middle);
      if (Math.abs(at) <= tolerance || high - low < 1e-12 * Math.max(1, Math.abs(low))) return true;
      if (at > 0) [low, atLow, atHigh] = [middle, at, atHigh / 2];
      else [high, atHigh, atLow] = [middle, at, atLow / 2];
    }
    return true;
  }
}
