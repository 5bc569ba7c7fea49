import { describe, expect, it } from 'vitest';
import {
  type Cost,
  costOf,
  fitNaiveBayes,
  type Game,
  logOddsOf,
  minimumCostCamouflage,
  type NaiveBayes,
  Players,
  playGame,
} from '../../src/compute/adversarial-classification/index.js';
import { inMemory } from '../../src/compute/data/index.js';
import { randomStream } from '../../src/compute/random.js';

const FEATURES = 5;

/** All rows of so many values. */
function allRows(values: number): Uint8Array[] {
  return Array.from({ length: values ** FEATURES }, (_, number) =>
    Uint8Array.from({ length: FEATURES }, (__, f) => Math.floor(number / values ** f) % values),
  );
}

/** Naive Bayes of random rows, in which malicious ones have other values more often. */
function random(seed: number, values: number): NaiveBayes {
  const stream = randomStream(seed, 'rows', 0);
  const malicious = Uint8Array.from({ length: 60 }, (_, i) => i % 2);
  const rows = Array.from(malicious, (label) =>
    Uint8Array.from({ length: FEATURES }, (_, f) => {
      const leans = (f + label) % 2 === 0 && stream.uniform() < 0.5;
      return leans ? values - 1 : stream.integer(values);
    }),
  );
  return fitNaiveBayes({ rows, malicious, values }, 1);
}

/** Of each feature, and each direction, its own; some changes are impossible. */
const COSTS: Readonly<Record<string, Cost>> = {
  'the same for all': () => 1,
  'of each feature': (f, from, to) => [1, 2, 0.5, 1.5, 3][f]! * Math.abs(to - from),
  'one way only': (f, from, to) => (to > from ? 1 + (f % 3) / 2 : Infinity),
};

const gameOf = (cost: Cost, missed = 3): Game => ({
  classifier: { maliciousFound: 1, maliciousMissed: -1, innocentPassed: 1, innocentAccused: -4 },
  adversary: { missed, found: -1 },
  cost,
});

/** The same by trying every row. */
function cheapest(bayes: NaiveBayes, cost: Cost, row: Uint8Array, threshold: number, below: number) {
  const innocent = allRows(bayes.values)
    .map((other) => ({ row: other, cost: costOf(cost, row, other), logOdds: logOddsOf(bayes, other) }))
    .filter((other) => other.logOdds <= threshold && other.cost < below);
  return innocent.sort((a, b) => a.cost - b.cost || a.logOdds - b.logOdds || Buffer.compare(a.row, b.row))[0];
}

const cases = Object.entries(COSTS).flatMap(([name, cost]) => [2, 3].map((values) => [name, values, cost] as const));

describe('the game of adversarial classification', () => {
  it.each(cases)('has the adversary pay the least that any camouflage costs: costs %s, %i values', (_, values, cost) => {
    let found = 0;
    for (const seed of [1, 2, 3]) {
      const bayes = random(seed, values);
      const players = new Players(bayes, gameOf(cost));
      for (const row of allRows(values).filter((each) => players.naive(each))) {
        const expected = cheapest(bayes, cost, row, players.threshold, 4);
        const camouflage = minimumCostCamouflage(bayes, cost, row, players.threshold, 4);
        expect(camouflage && { ...camouflage }).toEqual(expected && { row: expected.row, cost: expected.cost });
        found += Number(camouflage !== undefined);
      }
    }
    expect(found).toBeGreaterThan(10);
  });

  it.each(cases)('has the reply be the best of all classifiers against that adversary: costs %s, %i values', (_, values, cost) => {
    let [differ, gained] = [0, 0];
    for (const seed of [4, 5]) {
      const bayes = random(seed, values);
      const game = gameOf(cost);
      const players = new Players(bayes, game);
      const { classifier: u } = game;
      // P(row), by class: all that the adversary shows, malicious, and what is innocent.
      const shown = new Map(allRows(values).map((row) => [row.join(), { row, malicious: 0, innocent: 0 }]));
      const probability = (logs: Float64Array, row: Uint8Array) =>
        row.reduce((product, value, f) => product * Math.exp(logs[f * values + value]!), 1);
      for (const { row } of shown.values()) {
        const camouflage = players.naive(row) && cheapest(bayes, cost, row, players.threshold, 4);
        shown.get((camouflage ? camouflage.row : row).join())!.malicious += bayes.priorMalicious * probability(bayes.malicious, row);
        shown.get(row.join())!.innocent += (1 - bayes.priorMalicious) * probability(bayes.innocent, row);
      }
      for (const { row, malicious, innocent } of shown.values()) {
        const asMalicious = malicious * u.maliciousFound + innocent * u.innocentAccused;
        const asInnocent = malicious * u.maliciousMissed + innocent * u.innocentPassed;
        expect(players.aware(row), row.join()).toBe(asMalicious > asInnocent);
        differ += Number(players.aware(row) !== players.naive(row));
        gained += (asMalicious - asInnocent) * (Number(players.aware(row)) - Number(players.naive(row)));
      }
    }
    expect(differ).toBeGreaterThan(0);
    expect(gained).toBeGreaterThan(0);
  });

  it('tells what both sides get, as counted by hand', async () => {
    // Dark images are innocent, and images with a bright first pixel malicious.
    const bright = [250, 10, 10, 10];
    const dark = [10, 10, 10, 10];
    const images = Array.from({ length: 40 }, () => [...bright, ...dark]).flat();
    const labels = Array.from({ length: 80 }, (_, i) => (i + 1) % 2);
    const pixels = { images: Uint8Array.from(images), labels: Int32Array.from(labels) };
    const data = inMemory(pixels, [2, 2, 1], ['innocent', 'malicious']);
    const plan = {
      features: { grid: 2, thresholds: [0.5], malicious: [1], innocent: [0] },
      smoothing: 1,
      classifier: { maliciousFound: 1, maliciousMissed: -1, innocentPassed: 1, innocentAccused: -1 },
      adversary: { missed: 5, found: -1 },
      costs: Array.from({ length: 4 }, () => ({ raise: 1, lower: 2 })),
      trainingCount: 80,
      testCount: 8,
      seed: 1,
    };
    const result = await playGame(plan, data, data);
    expect(result.unattacked).toEqual({ classifier: 1, adversary: -0.5, falsePositives: 0, falseNegatives: 0 });
    // Lowering one pixel turns each of four malicious images into an innocent one: four times 5 - 2, of eight.
    expect(result).toMatchObject({ innocent: 4, malicious: 4, changed: 4, cost: 8 });
    expect(result.attacked).toEqual({ classifier: 0, adversary: 1.5, falsePositives: 0, falseNegatives: 4 });
    await expect(playGame({ ...plan, costs: [] }, data, data)).rejects.toMatchObject({ code: 'INVALID_TRAINING', path: ['costs'] });
    const one = { ...plan, features: { ...plan.features, malicious: [0], innocent: [] } };
    await expect(playGame(one, data, data)).rejects.toMatchObject({ code: 'INVALID_DATASET' });
  });
});
