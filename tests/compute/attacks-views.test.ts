/** What newer transfer attacks are put together of: views of the image, patch-wise steps, and the attacks themselves on the shipped MNIST network. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admix } from '../../src/compute/attacks/transfer/admix.js';
import { shuffledBlocks, structure } from '../../src/compute/attacks/transfer/blocks.js';
import type { ViewPart } from '../../src/compute/attacks/transfer/parts.js';
import { patchWiseStep } from '../../src/compute/attacks/transfer/patch-wise.js';
import { spectrum } from '../../src/compute/attacks/transfer/spectrum.js';
import { evaluateShard } from '../../src/compute/evaluation/attack.js';
import type { ShardResult } from '../../src/compute/evaluation/shard-result.js';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { randomStream } from '../../src/compute/random.js';
import { sized } from '../sizes.js';
import { BACKEND_UNDER_TEST } from '../test-backend.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(8);
afterAll(close);

const COUNT = sized(8, 32);

const evaluate = (kind: string, parameters: ParameterValues) =>
  evaluateShard({ engine, model, dataset, attack: { kind, parameters }, seed: 1, offset: 0, count: COUNT, keepImages: true });
const fooled = ({ labels, cleanPrediction, adversarialPrediction }: ShardResult) =>
  [...labels.keys()].filter((i) => cleanPrediction[i] === labels[i] && adversarialPrediction[i] !== labels[i]).length;

const SHAPE = [9, 8, 2] as const;
const image = (): Float32Array => {
  const stream = randomStream(3, 'views', 0);
  return Float32Array.from({ length: 144 }, () => stream.uniform());
};

/** The view of one image with what is drawn for it. */
function viewOf(part: ViewPart, x: Float32Array, seed = 1): Float32Array {
  const drawn = part.draw(randomStream(seed, 'view', 0), 4);
  return tf.tidy(() => {
    const draws = Object.fromEntries(Object.entries(drawn).map(([name, values]) => [name, tf.tensor(values, [1, ...part.drawn[name]!])]));
    return Float32Array.from(part.view(tf.tensor4d(x, [1, ...SHAPE]), draws).dataSync());
  });
}

describe('a view', () => {
  beforeAll(() => tf.setBackend(BACKEND_UNDER_TEST));

  it('of other frequencies is the image where none is changed, and near it where little is', () => {
    const x = image();
    const distance = (rho: number) => {
      const seen = viewOf(spectrum({ rho, spectrumNoise: 0, epsilon: 0.1 }, SHAPE), x);
      return Math.hypot(...seen.map((value, p) => value - x[p]!));
    };
    expect(distance(0)).toBeLessThan(1e-4);
    // An orthonormal transform: as far as the frequencies are changed, each by at most 1 %.
    expect(distance(0.01)).toBeGreaterThan(0);
    expect(distance(0.01)).toBeLessThanOrEqual(0.01 * Math.hypot(...x) + 1e-4);
  });

  it('with blocks that are changed takes every pixel from its block: with one block, from the image, up to brightness or noise', () => {
    const x = image();
    const kinds = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const seen = viewOf(structure(1, SHAPE), x, seed);
      const sorted = (values: Float32Array) => [...values].sort((a, b) => a - b);
      const [now, before] = [sorted(seen), sorted(x)];
      const ratio = now.at(-1)! / before.at(-1)!;
      if (now.every((value, p) => Math.abs(value - before[p]!) < 1e-6)) kinds.add('moved');
      else if (now.every((value, p) => Math.abs(value - ratio * before[p]!) < 1e-5)) kinds.add('dimmed');
      else {
        seen.forEach((value, p) => expect(Math.abs(value - x[p]!)).toBeLessThanOrEqual(16 / 255 + 1e-6));
        kinds.add('noisy');
      }
    }
    expect([...kinds].sort()).toEqual(['dimmed', 'moved', 'noisy']);
  });

  it('with shuffled blocks keeps a constant image but for what turns in from outside, and has no colours that were not there', () => {
    const constant = viewOf(shuffledBlocks(1, SHAPE), new Float32Array(144).fill(0.7));
    expect(Math.max(...constant)).toBeCloseTo(0.7, 5);
    expect(constant.filter((value) => Math.abs(value - 0.7) < 1e-5).length).toBeGreaterThan(72);
    const seen = viewOf(shuffledBlocks(2, SHAPE), image());
    expect(Math.max(...seen)).toBeLessThanOrEqual(Math.max(...image()) + 1e-6);
    expect(seen).not.toEqual(image());
  });

  it('with other images adds a portion of one of another class', () => {
    const others = { images: Float32Array.from({ length: 3 * 144 }, (_, p) => Math.floor(p / 144)), labels: Int32Array.of(4, 4, 7) };
    const x = image();
    viewOf(admix({ portion: 0.2 }, others, SHAPE), x).forEach((value, p) => expect(value).toBeCloseTo(x[p]! + 0.4, 5));
  });
});

describe('a patch-wise step', () => {
  beforeAll(() => tf.setBackend(BACKEND_UNDER_TEST));

  it('is amplified, and spreads what exceeds the budget to the pixels around', () => {
    const direction = tf.tensor4d([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 3, 3, 1]);
    const gathered = tf.zerosLike(direction);
    const values = { amplification: 10, projection: 1, patchSide: 3 };
    const each = (value: number) => tf.fill([1, 1, 1, 1], value);
    const { step, gathered: after } = patchWiseStep(values, { gathered, direction, step: each(0.01), epsilon: each(0.05) });
    // 10 · 0.01 in the middle, of which 0.05 is too much: the eight around it move by γ = 0.1.
    const expected = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1];
    [...step.dataSync()].forEach((value, p) => expect(value).toBeCloseTo(expected[p]!, 6));
    [...after.dataSync()].forEach((value, p) => expect(value).toBeCloseTo(expected[p]!, 6));
    // Within the budget nothing is spread.
    const small = patchWiseStep({ ...values, amplification: 2 }, { gathered, direction, step: each(0.01), epsilon: each(0.05) });
    expect([...small.step.dataSync()].filter((value) => value !== 0)).toHaveLength(1);
  });
});

const EPSILON = 0.2;
const ATTACKS: readonly [string, ParameterValues][] = [
  ['VNI_FGSM', { neighbours: 2 }],
  ['PI_FGSM', {}],
  ['PI_FGSM_PLUS_PLUS', {}],
  ['ADMIX', { copies: 2, mixed: 2 }],
  ['SSA', { viewCount: 3 }],
  ['SIA', { viewCount: 3 }],
  // Shuffled digits are no digits: turned ones alone.
  ['BSR', { viewCount: 3, blocks: 1, epsilon: 0.3 }],
  ['PGN', { flatNeighbours: 3 }],
  ['MI_FGSM', { loss: 'LOGIT' }],
  ['MULTI_TARGETED_LINF', { targets: 2 }],
  ['ACG_LINF', {}],
];

describe('attacks within an L∞ budget', () => {
  it.each(ATTACKS)('%s %j fools more images than noise, within its budget', async (kind, given) => {
    const [result, noise] = [
      await evaluate(kind, { epsilon: EPSILON, steps: 5, ...given }),
      await evaluate('RANDOM_SIGN_NOISE', { epsilon: given['epsilon'] ?? EPSILON }),
    ];
    expect(result.budgetViolations).toBe(0);
    expect(fooled(result)).toBeGreaterThan(fooled(noise));
  });

  it('the combined attack with one part is the attack of that name', async () => {
    for (const [kind, own, parts] of [
      ['VNI_FGSM', { neighbours: 2 }, { neighbours: 2, nesterov: true }],
      ['SIA', { viewCount: 2 }, { view: 'STRUCTURE', viewCount: 2 }],
    ] as const) {
      const alone = await evaluate(kind, { epsilon: EPSILON, steps: 2, ...own });
      expect((await evaluate('TRANSFER_FGSM', { epsilon: EPSILON, steps: 2, ...parts })).images).toEqual(alone.images);
    }
  });

  it('ReColorAdv changes pixels of one level alike, and levels by ε at most', async () => {
    const result = await evaluate('RE_COLOR', { epsilon: 0.4, steps: 40, learningRate: 0.03 });
    expect(result.budgetViolations).toBe(0);
    expect(fooled(result)).toBeGreaterThan(0);
    expect(fooled(result)).toBeGreaterThanOrEqual(fooled(await evaluate('RE_COLOR', { epsilon: 0.1, steps: 40, learningRate: 0.03 })));
    const { images } = await dataset.read(0, COUNT);
    for (let i = 0; i < COUNT; i++) {
      const becomes = new Map<number, number>();
      for (let p = 784 * i; p < 784 * (i + 1); p++) {
        const [before, after] = [images[p]!, result.images![p]!];
        expect(becomes.get(before) ?? after).toBe(after);
        becomes.set(before, after);
        expect(Math.abs(after - before)).toBeLessThanOrEqual(0.4 * 255 + 0.5);
      }
    }
  });

  it('stAdv fools all images by moving pixels, without other colours', async () => {
    const result = await evaluate('ST_ADV', { steps: 60 });
    expect(fooled(result)).toBe([...result.labels.keys()].filter((i) => result.cleanPrediction[i] === result.labels[i]).length);
    // Flows mix colours that are there: an image is no brighter than it was.
    const { images } = await dataset.read(0, COUNT);
    const brightest = (pixels: ArrayLike<number>, i: number) => Math.max(...Array.from({ length: 784 }, (_, p) => pixels[784 * i + p]!));
    for (let i = 0; i < COUNT; i++) expect(brightest(result.images!, i)).toBeLessThanOrEqual(brightest(images, i) + 1);
  });
});
