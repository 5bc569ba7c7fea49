/**
 * The classifier's reply of Dalvi et al. 2004: naive Bayes that knows what the adversary does to malicious rows. Of `P(row | malicious)` it takes the sum over all rows
 * that the adversary would turn into this one.
 * @module
 */
import { ComputeError } from '../errors.js';
import { minimumCostCamouflage } from './camouflage.js';
import { type Game, thresholdOf, worthOfEvasion } from './game.js';
import { logOddsOf, type NaiveBayes } from './naive-bayes.js';

/** Of sums in another order. */
const TOLERANCE = 1e-9;
/** Rows that may be looked at for one. */
const MOST_ORIGINALS = 200_000;

/** A value that a feature may have had before. */
interface Former {
  readonly at: number;
  readonly value: number;
  readonly cost: number;
  /** P(former value | malicious) / P(value | malicious). */
  readonly ratio: number;
}

/** Naive Bayes, and the adversary that knows it. */
export class Players {
  readonly threshold: number;
  private readonly worth: number;

  constructor(
    readonly bayes: NaiveBayes,
    private readonly game: Game,
  ) {
    this.threshold = thresholdOf(game.classifier);
    this.worth = worthOfEvasion(game.adversary);
  }

  /** What naive Bayes says where there is no adversary: whether a row is malicious. */
  naive(row: Uint8Array): boolean {
    return logOddsOf(this.bayes, row) > this.threshold;
  }

  /** A(x): what the adversary makes of a malicious row. It stays where it is missed anyway, or where its camouflage costs what it is worth. */
  attack(row: Uint8Array): { readonly row: Uint8Array; readonly cost: number } {
    return (this.naive(row) && minimumCostCamouflage(this.bayes, this.game.cost, row, this.threshold, this.worth)) || { row, cost: 0 };
  }

  /** The optimal answer to that adversary: whether a row is malicious. @throws ComputeError LIMIT_EXCEEDED where it may be made from too many others. */
  aware(row: Uint8Array): boolean {
    const logOdds = logOddsOf(this.bayes, row);
    if (logOdds > this.threshold) {
      // The adversary would have changed it if it could.
      return minimumCostCamouflage(this.bayes, this.game.cost, row, this.threshold, this.worth) === undefined;
    }
    return logOdds + Math.log(1 + this.camouflaged(row, logOdds)) > this.threshold;
  }

  /** `Σ P(x' | malicious) / P(x | malicious)` over the other rows x' that the adversary turns into x. */
  private camouflaged(row: Uint8Array, logOdds: number): number {
    const formers = this.formersOf(row, this.threshold - logOdds);
    const original = row.slice();
    let [sum, looked] = [0, 0];
    const visit = (from: number, spent: number, ratio: number) => {
      for (let k = from; k < formers.length; k++) {
        const former = formers[k]!;
        if (original[former.at] !== row[former.at] || spent + former.cost > this.worth + TOLERANCE) continue;
        if (++looked > MOST_ORIGINALS) {
          const message = 'A row may be made from too many others. Take fewer features, higher costs, or less that an evasion is worth.';
          throw new ComputeError('LIMIT_EXCEEDED', message, ['adversary']);
        }
        original[former.at] = former.value;
        if (Buffer.compare(this.attack(original).row, row) === 0) sum += ratio * former.ratio;
        visit(k + 1, spent + former.cost, ratio * former.ratio);
        original[former.at] = row[former.at]!;
      }
    };
    visit(0, 0, 1);
    return sum;
  }

  /**
   * Values that features may have had. Two rules leave most out: a change that the evasion could do without is not made, so each has to gain more than the row lies
   * below the threshold; and a change is not made where another feature's, that is still there to be made, costs no more and gains more.
   */
  private formersOf(row: Uint8Array, slack: number): Former[] {
    const { features, values, logOdds, malicious } = this.bayes;
    const { cost } = this.game;
    const formers: (Former & { readonly gain: number })[] = [];
    for (let at = 0; at < features; at++) {
      const now = at * values + row[at]!;
      for (let value = 0; value < values; value++) {
        const gain = logOdds[at * values + value]! - logOdds[now]!;
        const price = value === row[at]! ? Infinity : cost(at, value, row[at]!);
        if (!(gain > slack - TOLERANCE && gain > 0 && price < this.worth)) continue;
        formers.push({ at, value, cost: price, gain, ratio: Math.exp(malicious[at * values + value]! - malicious[now]!) });
      }
    }
    const canHaveChanged = new Set(formers.map(({ at }) => at));
    const open: { readonly cost: number; readonly gain: number }[] = [];
    for (let at = 0; at < features; at++) {
      if (canHaveChanged.has(at)) continue;
      for (let value = 0; value < values; value++) {
        const gain = logOdds[at * values + row[at]!]! - logOdds[at * values + value]!;
        if (value !== row[at]! && gain > 0) open.push({ cost: cost(at, row[at]!, value), gain });
      }
    }
    return formers.filter((former) => !open.some((other) => other.cost <= former.cost && other.gain > former.gain + TOLERANCE));
  }
}
