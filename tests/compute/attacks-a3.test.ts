/** A³: its schedule, its directions, and what it reaches on the shipped MNIST network. */
import { afterAll, describe, expect, it } from 'vitest';
import { drawDirection, ROUND_COUNT, scheduleOf } from '../../src/compute/attacks/gradient/a3-schedule.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import { Preparations } from '../../src/compute/evaluation/preparations.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { randomStream } from '../../src/compute/random.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(20);
afterAll(close);

const COUNT = 40;
const preparations = new Preparations();
const evaluate = (kind: string, parameters: ParameterValues, offset = 0, count = COUNT) =>
  evaluateShard({ engine, model, dataset, preparations, attack: { kind, parameters }, seed: 1, offset, count, keepImages: true });
const A3 = { epsilon: 0.08, rounds: 5, trainingCount: 40 };
const UNKNOWN = { byStarts: false, reached: 0, left: 0 };

describe('the schedule of A³', () => {
  it('has as many rounds either way, on fewer and fewer examples with more and more steps', () => {
    for (const byStarts of [false, true]) {
      const rounds = scheduleOf({ ...UNKNOWN, byStarts });
      expect(rounds).toHaveLength(ROUND_COUNT);
      expect(rounds.map(({ share }) => share)).toEqual(rounds.map(({ share }) => share).toSorted((a, b) => b - a));
    }
    // Restarts and all: what an example costs that goes through every round.
    const passes = scheduleOf(UNKNOWN).reduce((sum, { restarts, startSteps, steps }) => sum + restarts * (startSteps + steps), 0);
    expect(passes).toBe(8 + 2 * 15 + 32 + 37 + 37 + 42 + 47 + 52 + 57 + 4 * 57 + 4 * 62 + 50 * 67);
  });

  it('draws directions at random at first, and then towards or away from one wrong class after the other, as was learned', () => {
    const wrong = [3, 1, 2, 0, 5, 6, 7, 8, 9];
    const draw = (learned: typeof UNKNOWN, round: number, start: number) =>
      drawDirection(randomStream(1, 'direction', start), 4, wrong, learned, { round, start });
    expect(Math.max(...draw(UNKNOWN, 1, 1).map(Math.abs))).toBeLessThanOrEqual(1);
    const towards = { byStarts: false, reached: 1, left: 1 };
    for (let start = 2; start < 12; start++) {
      const direction = draw(towards, 3, start);
      expect(direction[wrong[(start - 1) % 9]!]).toBeCloseTo(0.8, 6);
      expect(direction[4]).toBeGreaterThanOrEqual(-0.1);
      expect(draw({ ...towards, reached: -1 }, 3, start)[wrong[(start - 1) % 9]!]).toBeCloseTo(-0.8, 6);
      expect(draw({ ...towards, left: -1 }, 3, start)[4]).toBeLessThanOrEqual(0.1);
    }
  });
});

describe('A³', () => {
  it('fools no fewer images than APGD, within the budget, and stops at those that it has fooled', async () => {
    const [a3, apgd] = [await evaluate('A3_LINF', A3), await evaluate('APGD_CE_LINF', { epsilon: A3.epsilon })];
    const robust = ({ labels, adversarialPrediction }: typeof a3) =>
      [...labels.keys()].filter((i) => adversarialPrediction[i] === labels[i]);
    expect(a3.budgetViolations).toBe(0);
    expect(robust(a3).length).toBeLessThanOrEqual(robust(apgd).length);
    expect(robust(a3).length).toBeGreaterThan(0);
    const most = Math.max(...a3.gradients);
    const fooled = [...a3.labels.keys()].filter((i) => !robust(a3).includes(i));
    expect(Math.min(...fooled.map((i) => a3.gradients[i]!))).toBeLessThanOrEqual(9);
    // Some that are far from being fooled are not tried again.
    expect(new Set(robust(a3).map((i) => a3.gradients[i]!)).size).toBeGreaterThan(1);
    expect(most).toBe(5 + 8 + 15 + 15 + 32 + 37);
  });

  it('makes the same images of an example, whichever others are attacked with it', async () => {
    const [whole, part] = [await evaluate('A3_L2', { ...A3, epsilon: 1.5 }), await evaluate('A3_L2', { ...A3, epsilon: 1.5 }, 20, 20)];
    expect(part.images).toEqual(whole.images!.slice(20 * 784));
    expect(part.gradients).toEqual(whole.gradients.slice(20));
  });
});
