import { beforeAll, describe, expect, it } from 'vitest';
import { validateParameters } from '../../src/compute/parameters/validate.js';
import { findAttack } from '../../src/compute/attacks/registry.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { argmaxRows, argminRows } from '../../src/compute/tensors/scores.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { attackBatch, distances, storedNoise, type Batch } from './attack-fixtures.js';
import { everyNth } from '../sizes.js';

const N = 24;
const PIXELS = 25;
const EPSILON = 0.02;
let batch: Batch;

beforeAll(async () => {
  const engine = await createEngine({ engine: 'eager:cpu', microBatch: 1000 });
  const model = await buildArchitecture('mlp', { seed: 4, inputShape: [5, 5, 1] });
  const images = storedNoise(N, [5, 5, 1]);
  const cleanLogits = await predict(engine, model, images);
  batch = { engine, model, images, cleanLogits, labels: argmaxRows(cleanLogits) };
});

const run = (kind: string, given: ParameterValues = {}, seed = 1) => attackBatch(batch, kind, { epsilon: EPSILON, ...given }, { seed });

type Loss = (logits: number[], example: number) => number;

const crossEntropy =
  (labels: Int32Array): Loss =>
  (logits, i) =>
    Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - logits[labels[i]!]!), 0));

const entropy: Loss = (logits) => {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return logits.reduce((sum, logit) => sum - (Math.exp(logit) / total) * Math.log(Math.exp(logit) / total), 0);
};

interface Slopes {
  /** Central differences by example and pixel. */
  readonly gradient: Float64Array;
  /** Whether two step sizes agree: between others a ReLU has its kink. */
  readonly trusted: boolean[];
}

async function slopes(loss: Loss, x: HostTensor): Promise<Slopes> {
  const [near, far] = [await differences(loss, x, 1e-3), await differences(loss, x, 4e-3)];
  return { gradient: near, trusted: Array.from(near, (slope, at) => Math.abs(slope - far[at]!) < 0.02 * Math.abs(slope)) };
}

async function differences(loss: Loss, x: HostTensor, h: number): Promise<Float64Array> {
  // Row `pixel · N + i` has the one pixel of image i moved.
  const lossesAt = async (by: number) => {
    const data = Float32Array.from({ length: PIXELS * x.data.length }, (_, at) => {
      const [pixel, within] = [Math.floor(at / x.data.length), at % x.data.length];
      return x.data[within]! + (within % PIXELS === pixel ? by : 0);
    });
    const { data: logits } = await predict(batch.engine, batch.model, { ...x, shape: [PIXELS * N, 5, 5, 1], data });
    return Array.from({ length: PIXELS * N }, (_, row) => loss(Array.from(logits.subarray(10 * row, 10 * (row + 1))), row % N));
  };
  const [up, down] = [await lossesAt(h), await lossesAt(-h)];
  return Float64Array.from({ length: N * PIXELS }, (_, at) => {
    const row = (at % PIXELS) * N + Math.floor(at / PIXELS);
    return (up[row]! - down[row]!) / (2 * h);
  });
}

/** Compares an attack's images with a formula, at every pixel where differences in float32 can tell the slope from zero. */
function expectFormula(
  adversarial: HostTensor,
  { gradient, trusted }: Slopes,
  formula: (slope: number, at: number) => number,
  tolerance = 1e-6,
) {
  let compared = 0;
  gradient.forEach((slope, at) => {
    if (Math.abs(slope) < 5e-3 || !trusted[at]) return;
    const expected = Math.min(1, Math.max(0, formula(slope, at)));
    expect(Math.abs(adversarial.data[at]! - expected)).toBeLessThan(tolerance);
    compared++;
  });
  expect(compared).toBeGreaterThan(N * 10);
}

const original = (at: number) => batch.images.data[at]!;

/** Of the example that pixel `at` belongs to. */
const gradientOfExample = (gradient: Float64Array, at: number) => {
  const first = at - (at % PIXELS);
  return gradient.subarray(first, first + PIXELS);
};

describe('the formula, by finite differences, of', () => {
  it.each(
    everyNth(3, [
      ['FGSM', 1, () => crossEntropy(batch.labels)],
      ['STEP_LL', -1, () => crossEntropy(argminRows(batch.cleanLogits))],
      ['FAST_ENTROPY', 1, () => entropy],
    ] as [string, number, () => Loss][]),
  )('%s: ε along the sign of the gradient', async (kind, direction, loss) => {
    const { images } = await run(kind);
    const measured = await slopes(loss(), batch.images);
    expectFormula(images, measured, (slope, at) => original(at) + direction * EPSILON * Math.sign(slope));
  });

  it.each(
    everyNth(3, [
      ['FAST_GRADIENT_L2', (gradient: Float64Array) => Math.hypot(...gradient)],
      ['FAST_GRADIENT_LINF', (gradient: Float64Array) => Math.max(...gradient.map(Math.abs))],
    ]),
  )('%s: the gradient, normalised', async (kind, length) => {
    const { images } = await run(kind);
    const measured = await slopes(crossEntropy(batch.labels), batch.images);
    expectFormula(
      images,
      measured,
      (slope, at) => original(at) + (EPSILON * slope) / length(gradientOfExample(measured.gradient, at)),
      0.08 * EPSILON,
    );
  });

  it.each(
    everyNth(3, [
      ['RAND_FGSM', 1, () => batch.labels],
      ['STEP_LL_NOISE', -1, () => argminRows(batch.cleanLogits)],
    ] as [string, number, () => Int32Array][]),
  )('%s: a random step, then the gradient there', async (kind, direction, labels) => {
    // With the whole budget spent on the random step, the images show that step; the same seed takes half of it before the gradient step.
    const noise = (await run(kind, { randomShare: 1 })).images.data;
    const inside = (at: number) => original(at) > EPSILON && original(at) < 1 - EPSILON;
    const signs = noise.map((value, at) => Math.sign(value - original(at)));
    expect(signs.filter((sign) => sign > 0).length).toBeGreaterThan(0.4 * signs.length);
    expect(signs.filter((sign) => sign < 0).length).toBeGreaterThan(0.4 * signs.length);
    const started = batch.images.data.map((value, at) => Math.min(1, Math.max(0, value + (signs[at]! * EPSILON) / 2)));
    const measured = await slopes(crossEntropy(labels()), { ...batch.images, data: started });
    const { images } = await run(kind);
    const formula = (slope: number, at: number) =>
      inside(at) ? started[at]! + (direction * EPSILON * Math.sign(slope)) / 2 : images.data[at]!;
    expectFormula(images, measured, formula);
  });
});

describe('FGSM', () => {
  it('on the predicted label is FGSM on the true one where the prediction is right', async () => {
    expect((await run('FGSM', { label: 'PREDICTED' })).images.data).toEqual((await run('FGSM')).images.data);
  });

  it('refuses an unknown source of labels', () => {
    expect(() => validateParameters(findAttack('FGSM'), { epsilon: 0.1, label: 'RANDOM' })).toThrow(/Give one of TRUE, PREDICTED/);
  });
});

describe('noise', () => {
  const inner = (data: HostTensor['data']) => Array.from(data, (value, at) => value - original(at)).filter((_, at) => at >= 2 * PIXELS);

  it('makes no queries, and depends on the seed', async () => {
    for (const kind of ['RANDOM_SIGN_NOISE', 'TRUNCATED_NORMAL_NOISE', 'UNIFORM_NOISE', 'GAUSSIAN_NOISE']) {
      const { images, queries, gradients } = await run(kind);
      expect(Math.max(...queries, ...gradients)).toBe(0);
      expect(images.data).not.toEqual((await run(kind, {}, 2)).images.data);
    }
  });

  it('has the standard deviation that its parameter gives', async () => {
    const spread = async (kind: string) => {
      const changes = inner((await run(kind)).images.data);
      return Math.sqrt(changes.reduce((sum, change) => sum + change * change, 0) / changes.length) / EPSILON;
    };
    expect(await spread('RANDOM_SIGN_NOISE')).toBeCloseTo(1, 1);
    expect(await spread('UNIFORM_NOISE')).toBeCloseTo(1 / Math.sqrt(3), 1);
    // A normal with σ = ε/2, cut at two standard deviations: σ · sqrt(0.7737).
    expect(await spread('TRUNCATED_NORMAL_NOISE')).toBeCloseTo(0.5 * Math.sqrt(0.7737), 1);
    const lengths = distances('L2', batch.images, (await run('GAUSSIAN_NOISE')).images).slice(2);
    for (const length of lengths) expect(length).toBeCloseTo(EPSILON, 2);
  });
});

describe('a single step with options', () => {
  const largest = async (kind: string, given: ParameterValues, norm: 'LINF' | 'L2') =>
    Math.max(...distances(norm, batch.images, (await run(kind, given)).images));

  it.each([
    ['FGSM', 'LINF'],
    ['STEP_LL', 'LINF'],
    ['STEP_RND', 'LINF'],
    ['FAST_GRADIENT_LINF', 'LINF'],
    ['FAST_GRADIENT_L2', 'L2'],
  ] as const)('%s has the length that it is given, and is cut off at the budget', async (kind, norm) => {
    const plain = await run(kind);
    expect(await largest(kind, { alpha: EPSILON / 4 }, norm)).toBeCloseTo(EPSILON / 4, 5);
    expect(await largest(kind, { alpha: 5 * EPSILON }, norm)).toBeCloseTo(EPSILON, 5);
    expect((await run(kind, { alpha: EPSILON, randomStart: false })).images.data).toEqual(plain.images.data);
  });

  it('from a random start is that of Wong et al. 2020: uniform in the budget, 1.25 ε along the sign of the gradient there, clipped', async () => {
    const { images } = await run('FGSM', { randomStart: true, alpha: 0 });
    const changes = Array.from(images.data, (value, p) => (value - batch.images.data[p]!) / EPSILON);
    const inside = changes.filter((_, p) => batch.images.data[p]! > EPSILON && batch.images.data[p]! < 1 - EPSILON);
    expect(Math.max(...inside)).toBeGreaterThan(0.95);
    expect(inside.reduce((sum, change) => sum + change ** 2, 0) / inside.length).toBeCloseTo(1 / 3, 1);
    // From that start, the same step as from there alone.
    const stepped = await run('FGSM', { randomStart: true, alpha: 1.25 * EPSILON });
    const fromStart = { ...batch, images };
    const free = (await attackBatch(fromStart, 'FGSM', { epsilon: 1.25 * EPSILON })).images.data;
    const clipped = free.map((value, p) =>
      Math.fround(Math.min(1, batch.images.data[p]! + EPSILON, Math.max(0, batch.images.data[p]! - EPSILON, value))),
    );
    const apart = stepped.images.data.filter((value, p) => Math.abs(value - clipped[p]!) > 1e-6);
    expect(apart).toHaveLength(0);
    expect((await run('FGSM', { randomStart: true }, 2)).images.data).not.toEqual(
      (await run('FGSM', { randomStart: true }, 3)).images.data,
    );
  });
});
