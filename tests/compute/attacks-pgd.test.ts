/** Options of the attacks by steps along a gradient: the loss, the start, the length of a step, and which iterate counts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { attackBatch, storedNoise, type Batch } from './attack-fixtures.js';
import { failure, refusal } from './fixtures.js';

const N = 6;
const SIZE = 25;
const CLASSES = 10;
let batch: Batch;

async function batchOf(classCount: number): Promise<Batch> {
  const engine = await createEngine({ engine: 'eager:cpu' });
  const model = await buildArchitecture('mlp', { seed: 4, inputShape: [5, 5, 1], width: 0.25, classCount });
  // In the middle of the range, where no step is clipped.
  const noise = storedNoise(N, [5, 5, 1]);
  const images = { ...noise, data: Float32Array.from(noise.data, (value) => Math.round(255 * (0.3 + 0.4 * value)) / 255) };
  const cleanLogits = await predict(engine, model, images);
  return { engine, model, images, cleanLogits, labels: argmaxRows(cleanLogits) };
}

beforeAll(async () => {
  batch = await batchOf(CLASSES);
});

const run = async (kind: string, given: ParameterValues, seed = 1) => (await attackBatch(batch, kind, given, { seed })).images.data;
const rows = ({ data }: HostTensor, size: number) =>
  Array.from({ length: N }, (_, i) => Array.from(data.subarray(i * size, (i + 1) * size)));
const logitsOf = async (images: HostTensor) => rows(await predict(batch.engine, batch.model, images), CLASSES);

describe('a start', () => {
  const FROM_IMAGE = { randomStart: false, epsilon: 0.1 };

  it('without a random start is the image itself, in every norm', async () => {
    const four = { ...FROM_IMAGE, steps: 4, alpha: 0.025 };
    expect(await run('PGD', four)).toEqual(await run('ITER_BASIC', { epsilon: 0.1, alpha: 0.025, steps: 4 }));
    expect(await run('PGD_L2', { ...FROM_IMAGE, steps: 1, alpha: 0.1 })).toEqual(await run('FAST_GRADIENT_L2', { epsilon: 0.1 }));
    for (const kind of ['PGD', 'PGD_L2', 'PGD_L1']) {
      expect(await run(kind, four, 1)).toEqual(await run(kind, four, 2));
      expect(await run(kind, { ...four, randomStart: true }, 1)).not.toEqual(await run(kind, { ...four, randomStart: true }, 2));
    }
  });

  it('from the image itself is made once, whatever the number of restarts', async () => {
    const { gradients } = await attackBatch(batch, 'PGD', { ...FROM_IMAGE, epsilon: 1e-6, steps: 3, restarts: 5 });
    expect([...gradients]).toEqual(Array.from({ length: N }, () => 3));
  });
});

describe('a step', () => {
  it.each(['PGD', 'PGD_L2', 'PGD_L1'])('of %s has a length in the units of ε, or as a share of it', async (kind) => {
    const given = { epsilon: 0.2, steps: 3 };
    const relative = await run(kind, { ...given, relativeAlpha: 0.25 });
    expect(relative).toEqual(await run(kind, { ...given, alpha: 0.05 }));
    expect(await run(kind, given)).toEqual(await run(kind, { ...given, relativeAlpha: 2.5 / 3 }));
  });
});

it.each(['PGD', 'PGD_L2', 'PGD_L1'])('%s refuses two lengths of a step', (kind) => {
  const attack = findAttack(kind);
  const parameters = validateParameters(attack, { epsilon: 0.2, relativeAlpha: 0.9, alpha: 0.05 });
  expect(() => attack.check!(parameters)).toThrow(/"alpha" and "relativeAlpha".*Leave one of them out/);
});

describe('the best iterate', () => {
  /** Steps that overshoot, so that the last iterate is rarely the best. */
  const LONG = { epsilon: 0.4, alpha: 0.4, randomStart: false };
  const STEPS = 5;
  const margins = async (given: ParameterValues, reach: (logits: number[], label: number) => number) => {
    const { images } = await attackBatch(batch, 'PGD', { ...LONG, ...given });
    return (await logitsOf(images)).map((logits, i) => reach(logits, batch.labels[i]!));
  };

  it.each<[string, ParameterValues, (logits: number[], label: number) => number]>([
    ['without a target', {}, (logits, label) => Math.max(...logits.filter((_, c) => c !== label)) - logits[label]!],
    ['towards a target', { targetClass: 3 }, (logits) => logits[3]! - Math.max(...logits.filter((_, c) => c !== 3))],
  ])('is the one furthest beyond the boundary, %s, for one more pass', async (_, given, reach) => {
    const iterates: number[][] = [];
    for (let steps = 1; steps <= STEPS; steps++) iterates.push(await margins({ ...given, steps }, reach));
    const clean = (await logitsOf(batch.images)).map((logits, i) => reach(logits, batch.labels[i]!));
    const best = await margins({ ...given, steps: STEPS, bestIterate: true }, reach);
    const attacked = [...best.keys()].filter((i) => batch.labels[i] !== 3 || !('targetClass' in given));
    for (const i of attacked) expect(best[i]).toBeCloseTo(Math.max(clean[i]!, ...iterates.map((one) => one[i]!)), 4);
    expect(attacked.some((i) => best[i]! > iterates.at(-1)![i]! + 1e-3)).toBe(true);
    const spent = async (bestIterate: boolean) =>
      (await attackBatch(batch, 'PGD', { ...LONG, ...given, steps: STEPS, bestIterate })).gradients[attacked[0]!];
    expect([await spent(false), await spent(true)]).toEqual([STEPS, STEPS + 1]);
  });
});

describe('a loss', () => {
  const TARGET = 3;
  const others = (logits: number[], label: number) => Math.max(...logits.filter((_, c) => c !== label));
  const sorted = (logits: number[]) => [...logits].sort((a, b) => b - a);
  const probability = (logits: number[], label: number) =>
    Math.exp(logits[label]!) / logits.reduce((sum, logit) => sum + Math.exp(logit), 0);

  it.each<[string, boolean, (logits: number[], label: number) => number]>([
    ['CROSS_ENTROPY', false, (logits, label) => -Math.log(probability(logits, label))],
    ['CROSS_ENTROPY', true, (logits) => Math.log(probability(logits, TARGET))],
    ['MARGIN', false, (logits, label) => others(logits, label) - logits[label]!],
    ['MARGIN', true, (logits) => logits[TARGET]! - others(logits, TARGET)],
    ['DLR', false, (logits, label) => (others(logits, label) - logits[label]!) / (sorted(logits)[0]! - sorted(logits)[2]!)],
    [
      'DLR',
      true,
      (logits, label) => (logits[TARGET]! - logits[label]!) / (sorted(logits)[0]! - (sorted(logits)[2]! + sorted(logits)[3]!) / 2),
    ],
  ])('%s, targeted: %s, is what a step raises fastest', async (loss, isTargeted, formula) => {
    const given = { epsilon: 0.01, alpha: 0.01, steps: 1, randomStart: false, loss, ...(isTargeted ? { targetClass: TARGET } : {}) };
    const moved = await run('PGD_L2', given);
    const h = 0.01;
    const gradients = Array.from({ length: N }, () => new Array<number>(SIZE));
    for (let p = 0; p < SIZE; p++) {
      const at = async (by: number) => {
        const data = Float32Array.from(batch.images.data, (value, place) => (place % SIZE === p ? value + by : value));
        return (await logitsOf({ ...batch.images, data })).map((logits, i) => formula(logits, batch.labels[i]!));
      };
      const [up, down] = [await at(h), await at(-h)];
      for (let i = 0; i < N; i++) gradients[i]![p] = (up[i]! - down[i]!) / (2 * h);
    }
    for (const [i, gradient] of gradients.entries()) {
      if (isTargeted && batch.labels[i] === TARGET) continue;
      const change = Array.from(moved.subarray(i * SIZE, (i + 1) * SIZE), (value, p) => value - batch.images.data[i * SIZE + p]!);
      const product = change.reduce((sum, value, p) => sum + value * gradient[p]!, 0);
      expect(product / (Math.hypot(...change) * Math.hypot(...gradient))).toBeGreaterThan(0.97);
    }
  });

  it('that compares more logits than there are classes is refused, whatever the norm', async () => {
    const three = await batchOf(3);
    for (const kind of ['PGD', 'PGD_L2', 'PGD_L1', 'ITER_BASIC']) {
      await attackBatch(three, kind, { epsilon: 0.1, steps: 1, loss: 'DLR' });
      const two = failure(attackBatch(await batchOf(2), kind, { epsilon: 0.1, steps: 1, loss: 'DLR' }));
      expect(await two).toMatchObject({ ...refusal('INVALID_ATTACK', /3 highest logits.*Choose another loss/), path: ['loss'] });
    }
    const targeted = failure(attackBatch(three, 'PGD', { epsilon: 0.1, steps: 1, loss: 'DLR', targetClass: 1 }));
    expect(await targeted).toMatchObject(refusal('INVALID_ATTACK', /4 highest logits/));
  });
});
