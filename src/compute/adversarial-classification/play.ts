/** A game between naive Bayes and an adversary on a data set: expected utilities of both sides (Dalvi et al. 2004). @module */
import { setImmediate } from 'node:timers/promises';
import type { Dataset } from '../data/index.js';
import { ComputeError } from '../errors.js';
import { randomStream, shuffledIndices } from '../random.js';
import { type FeaturePlan, readRows } from './features.js';
import type { AdversaryUtilities, ClassifierUtilities, Cost } from './game.js';
import { fitNaiveBayes, type LabelledRows } from './naive-bayes.js';
import { Players } from './reply.js';

export interface GamePlan {
  readonly features: FeaturePlan;
  readonly smoothing: number;
  readonly classifier: ClassifierUtilities;
  readonly adversary: AdversaryUtilities;
  /** Of each feature: what it costs to raise it, and to lower it, by one value. Null: it cannot be. */
  readonly costs: readonly { readonly raise: number | null; readonly lower: number | null }[];
  /** The first of each data set, of which those of the named classes are taken. */
  readonly trainingCount: number;
  readonly testCount: number;
  /** Draws the half of the training examples that naive Bayes is fitted to. */
  readonly seed: number;
}

export interface Played {
  /** Expected utilities, as means over the examples. */
  readonly classifier: number;
  readonly adversary: number;
  /** Counts of examples. */
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

export interface GameResult {
  readonly innocent: number;
  readonly malicious: number;
  /** Naive Bayes, and examples as they are. */
  readonly unattacked: Played;
  /** Naive Bayes against the adversary. */
  readonly attacked: Played;
  /** The classifier that knows the adversary, against it. */
  readonly aware: Played;
  /** Malicious examples that the adversary changes, and what that costs it altogether. */
  readonly changed: number;
  readonly cost: number;
}

/** @throws ComputeError INVALID_DATASET, INVALID_TRAINING, LIMIT_EXCEEDED or CANCELLED. */
export async function playGame(plan: GamePlan, training: Dataset, test: Dataset, signal?: AbortSignal): Promise<GameResult> {
  const cost = costFunction(plan);
  const learned = halfOf(await readRows(training, plan.features, plan.trainingCount), plan.seed);
  const players = new Players(fitNaiveBayes(learned, plan.smoothing), { ...plan, cost });
  const shown = await readRows(test, plan.features, plan.testCount);
  const tallies = { unattacked: new Tally(plan), attacked: new Tally(plan), aware: new Tally(plan) };
  let [changed, spent] = [0, 0];
  for (const [i, row] of shown.rows.entries()) {
    await setImmediate();
    if (signal?.aborted) throw new ComputeError('CANCELLED', 'The game was cancelled.');
    const isMalicious = shown.malicious[i] === 1;
    const attack = isMalicious ? players.attack(row) : { row, cost: 0 };
    tallies.unattacked.add(isMalicious, players.naive(row), 0);
    tallies.attacked.add(isMalicious, players.naive(attack.row), attack.cost);
    tallies.aware.add(isMalicious, players.aware(attack.row), attack.cost);
    changed += Number(attack.cost > 0);
    spent += attack.cost;
  }
  const malicious = shown.malicious.reduce((sum, label) => sum + label, 0);
  const [unattacked, attacked, aware] = [tallies.unattacked, tallies.attacked, tallies.aware].map((tally) => tally.result());
  return {
    innocent: shown.rows.length - malicious,
    malicious,
    unattacked: unattacked!,
    attacked: attacked!,
    aware: aware!,
    changed,
    cost: spent,
  };
}

/** @throws ComputeError INVALID_TRAINING where costs are not those of all features, or not above 0. */
function costFunction({ costs, features }: GamePlan): Cost {
  const count = features.grid ** 2;
  const isCost = (value: number | null) => value === null || value > 0;
  if (costs.length !== count || !costs.every(({ raise, lower }) => isCost(raise) && isCost(lower))) {
    throw new ComputeError('INVALID_TRAINING', `Give costs above 0, or null, for each of the ${count} features.`, ['costs']);
  }
  return (feature, from, to) => {
    const { raise, lower } = costs[feature]!;
    return Math.abs(to - from) * ((to > from ? raise : lower) ?? Infinity);
  };
}

function halfOf({ rows, malicious, values }: LabelledRows, seed: number): LabelledRows {
  const order = shuffledIndices(randomStream(seed, 'game.training', 0), rows.length).subarray(0, Math.ceil(rows.length / 2));
  return { rows: Array.from(order, (i) => rows[i]!), malicious: Uint8Array.from(order, (i) => malicious[i]!), values };
}

class Tally {
  private count = 0;
  private classifier = 0;
  private adversary = 0;
  private falsePositives = 0;
  private falseNegatives = 0;

  constructor(private readonly utilities: Pick<GamePlan, 'classifier' | 'adversary'>) {}

  add(isMalicious: boolean, isCalledMalicious: boolean, cost: number): void {
    const { classifier, adversary } = this.utilities;
    this.count++;
    if (isMalicious) {
      this.classifier += isCalledMalicious ? classifier.maliciousFound : classifier.maliciousMissed;
      this.adversary += (isCalledMalicious ? adversary.found : adversary.missed) - cost;
      this.falseNegatives += Number(!isCalledMalicious);
    } else {
      this.classifier += isCalledMalicious ? classifier.innocentAccused : classifier.innocentPassed;
      this.falsePositives += Number(isCalledMalicious);
    }
  }

  result(): Played {
    const { count, falsePositives, falseNegatives } = this;
    return { classifier: this.classifier / count, adversary: this.adversary / count, falsePositives, falseNegatives };
  }
}
