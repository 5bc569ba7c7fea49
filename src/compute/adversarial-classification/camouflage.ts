/**
 * MCC of Dalvi et al. 2004: the cheapest row that naive Bayes calls innocent. Their integer programme, the minimum of `Σ W` where the log odds fall by the gap to
 * the threshold, is solved exactly, by branch and bound with its linear relaxation.
 * @module
 */
import { ComputeError } from '../errors.js';
import type { Cost } from './game.js';
import { logOddsOf, type NaiveBayes } from './naive-bayes.js';

export interface Camouflage {
  readonly row: Uint8Array;
  readonly cost: number;
}

/** Of sums in another order. */
const TOLERANCE = 1e-9;
const MOST_NODES = 2_000_000;

interface Change {
  readonly to: number;
  readonly cost: number;
  /** By which the log odds fall. */
  readonly gain: number;
}

/** Changes of one feature that make it look more innocent, the best for its cost first. */
interface Feature {
  readonly at: number;
  readonly changes: readonly Change[];
  readonly bestGain: number;
  /** Most gain for its cost. */
  readonly bestRatio: number;
}

/**
 * Of rows of equal cost, the one of the lowest log odds; of those, the first in lexicographic order: the adversary's answer is a function of the row.
 * @param threshold log odds above which a row is called malicious. The row is.
 * @param below what it may not cost.
 * @returns undefined where there is none.
 * @throws ComputeError LIMIT_EXCEEDED where too many rows come into question.
 */
export function minimumCostCamouflage(
  bayes: NaiveBayes,
  cost: Cost,
  row: Uint8Array,
  threshold: number,
  below: number,
): Camouflage | undefined {
  const search = new Search(bayes, cost, row, threshold, below);
  return search.run();
}

class Search {
  private readonly features: readonly Feature[];
  private readonly gap: number;
  private readonly changed: Uint8Array;
  private nodes = 0;
  private best: (Camouflage & { readonly logOdds: number }) | undefined;

  constructor(
    private readonly bayes: NaiveBayes,
    private readonly cost: Cost,
    private readonly row: Uint8Array,
    private readonly threshold: number,
    private readonly below: number,
  ) {
    this.gap = logOddsOf(bayes, row) - threshold;
    this.changed = row.slice();
    this.features = changesOf(bayes, cost, row, below);
  }

  run(): Camouflage | undefined {
    this.visit(0, 0, 0);
    return this.best && { row: this.best.row, cost: this.best.cost };
  }

  private visit(depth: number, spent: number, gained: number): void {
    if (++this.nodes > MOST_NODES) {
      throw new ComputeError('LIMIT_EXCEEDED', 'Too many changes come into question. Take fewer features, or higher costs.', ['costs']);
    }
    if (gained >= this.gap - TOLERANCE && this.take()) return;
    if (depth === this.features.length || !this.canImprove(depth, spent, gained)) return;
    const { at, changes } = this.features[depth]!;
    for (const { to, cost, gain } of changes) {
      this.changed[at] = to;
      this.visit(depth + 1, spent + cost, gained + gain);
    }
    this.changed[at] = this.row[at]!;
    this.visit(depth + 1, spent, gained);
  }

  /** @returns whether the row is innocent: more changes would only cost more. */
  private take(): boolean {
    const logOdds = logOddsOf(this.bayes, this.changed);
    if (logOdds > this.threshold) return false;
    const cost = costOf(this.cost, this.row, this.changed);
    const best = this.best;
    if (cost < this.below && (!best || cost < best.cost || (cost === best.cost && this.comesBefore(logOdds, best)))) {
      this.best = { row: this.changed.slice(), cost, logOdds };
    }
    return true;
  }

  private comesBefore(logOdds: number, best: { readonly logOdds: number; readonly row: Uint8Array }): boolean {
    return logOdds === best.logOdds ? Buffer.compare(this.changed, best.row) < 0 : logOdds < best.logOdds;
  }

  /** Whether fractions of the features that are left could do as well as the best so far. */
  private canImprove(depth: number, spent: number, gained: number): boolean {
    const limit = (this.best ? this.best.cost : this.below) + TOLERANCE;
    const missing = this.gap - gained - TOLERANCE;
    let [gain, cost] = [0, spent];
    for (let d = depth; d < this.features.length && gain < missing; d++) {
      const { bestGain, bestRatio } = this.features[d]!;
      const part = Math.min(bestGain, missing - gain);
      gain += part;
      cost += part / bestRatio;
    }
    if (gain < missing || cost > limit) return false;
    if (!this.best || cost < this.best.cost - TOLERANCE) return true;
    // At the same cost, only lower log odds would be better.
    return gained + this.mostGain(depth, limit - spent) >= this.gap + this.threshold - this.best.logOdds - TOLERANCE;
  }

  /** Upper bound of what the features that are left gain for so much. */
  private mostGain(depth: number, budget: number): number {
    let gain = 0;
    for (let d = depth; d < this.features.length && budget > 0; d++) {
      const { bestGain, bestRatio } = this.features[d]!;
      const part = Math.min(bestGain, budget * bestRatio);
      gain += part;
      budget -= part / bestRatio;
    }
    return gain;
  }
}

function changesOf({ features, values, logOdds }: NaiveBayes, cost: Cost, row: Uint8Array, below: number): Feature[] {
  const found: Feature[] = [];
  for (let at = 0; at < features; at++) {
    const from = row[at]!;
    const changes: Change[] = [];
    for (let to = 0; to < values; to++) {
      const gain = logOdds[at * values + from]! - logOdds[at * values + to]!;
      const price = to === from ? Infinity : cost(at, from, to);
      if (gain > 0 && price < below) changes.push({ to, cost: price, gain });
    }
    if (changes.length === 0) continue;
    const ratio = (change: Change) => change.gain / change.cost;
    changes.sort((a, b) => ratio(b) - ratio(a) || b.gain - a.gain);
    found.push({ at, changes, bestGain: Math.max(...changes.map(({ gain }) => gain)), bestRatio: ratio(changes[0]!) });
  }
  return found.sort((a, b) => b.bestRatio - a.bestRatio || b.bestGain - a.bestGain || a.at - b.at);
}

/** W(x, x'), added up in the order of features. */
export function costOf(cost: Cost, from: Uint8Array, to: Uint8Array): number {
  let sum = 0;
  for (let f = 0; f < from.length; f++) if (from[f] !== to[f]) sum += cost(f, from[f]!, to[f]!);
  return sum;
}
