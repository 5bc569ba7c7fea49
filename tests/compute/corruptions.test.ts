/** Common corruptions, compared with the published code (tests/reference/corruptions/make.py ran it), and what holds of each. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { poisson } from '../../src/compute/data/corruptions/poisson.js';
import {
  CORRUPTION_GROUPS,
  corrupted,
  type CorruptionGroup,
  corruptions,
  type CorruptionScale,
  corruptionScaleOf,
  findCorruption,
} from '../../src/compute/data/index.js';
import { randomStream, type RandomStream } from '../../src/compute/random.js';
import type { ImageShape } from '../../src/compute/tensors/index.js';

interface Case {
  readonly kind: string;
  readonly scale: CorruptionScale;
  readonly severity: number;
  readonly seed: number;
  /** The middle of the image, as base64. */
  readonly pixels: string;
}

const { cases } = JSON.parse(readFileSync(new URL('../../../tests/reference/corruptions/corrupted.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

/** The numbers of `Stream` in make.py. */
function sharedStream(seed: number): RandomStream {
  let state = seed;
  const uniform = () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
  return {
    uniform,
    integer: (bound) => Math.floor(uniform() * bound),
    bits: () => Math.floor(uniform() * 2 ** 32) | 0,
    normal() {
      const u = 1 - uniform();
      return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * uniform());
    },
  };
}

/** `picture` of make.py. */
function picture(side: number): Uint8Array {
  const stream = sharedStream(side);
  const pixels = new Uint8Array(side * side * 3);
  for (let y = 0, p = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const disk = (10 * x - 6 * side) ** 2 + (10 * y - 4 * side) ** 2 < 6 * side ** 2 ? 1 : 0;
      const stripe = Math.floor((12 * x + 3 * y) / side) % 2;
      const slopes = [Math.floor((230 * x) / side), 40 + Math.floor((150 * y) / side), 200 - Math.floor((120 * x * y) / side ** 2)];
      const added = [90 * disk + 8 * stripe, 24 * stripe - 45 * disk, 30 * disk - 32 * stripe];
      for (let c = 0; c < 3; c++) {
        pixels[p++] = Math.min(255, Math.max(0, slopes[c]! + added[c]! + Math.floor(stream.uniform() * 25) - 12));
      }
    }
  }
  return pixels;
}

const KEPT = {
  CIFAR: { side: 32, rows: [8, 24], columns: [0, 32] },
  IMAGENET: { side: 224, rows: [60, 72], columns: [120, 132] },
} as const;

function middle(pixels: Uint8Array, { side, rows, columns }: (typeof KEPT)[keyof typeof KEPT]): number[] {
  const kept: number[] = [];
  for (let y = rows[0]; y < rows[1]; y++) kept.push(...pixels.subarray((y * side + columns[0]) * 3, (y * side + columns[1]) * 3));
  return kept;
}

describe.each(['CIFAR', 'IMAGENET'] as const)('with the parameters of %s', (scale) => {
  const kept = KEPT[scale];
  const image = picture(kept.side);
  it.each(cases.filter((one) => one.scale === scale).map((one) => [one.kind, one.severity, one] as const))(
    '%s of severity %i is what the published code makes of the same image and random numbers',
    async (kind, severity, { seed, pixels }) => {
      const ours = middle(await corrupted(image, [kept.side, kept.side, 3], { kind, severity }, sharedStream(seed)), kept);
      const published = [...Buffer.from(pixels, 'base64')];
      const differences = published.map((value, p) => Math.abs(value - ours[p]!));
      // It cuts numbers off to whole levels: float32 and another order of sums may end one level beside.
      expect({ largest: Math.max(...differences), share: differences.filter((d) => d > 0).length / differences.length }).toEqual({
        largest: expect.toSatisfy((largest: number) => largest <= 1),
        share: expect.toSatisfy((share: number) => share <= 0.01),
      });
    },
  );
});

/** The others draw no random numbers. */
const RANDOM = new Set(['GAUSSIAN_NOISE', 'SHOT_NOISE', 'IMPULSE_NOISE', 'GLASS_BLUR', 'MOTION_BLUR', 'SNOW', 'FROST', 'FOG']);
for (const kind of ['ELASTIC_TRANSFORM', 'SPECKLE_NOISE', 'SPATTER']) RANDOM.add(kind);

const NATURAL = corruptions.map(({ kind }) => kind);
const shapes: readonly ImageShape[] = [
  [28, 28, 1],
  [32, 32, 3],
  [20, 30, 3],
];

describe.each(NATURAL)('%s', (kind) => {
  const { channels } = findCorruption(kind);

  it.each(shapes)('of an image of %i × %i × %i has its shape, and depends on its stream alone', async (...shape) => {
    const image = imageOf(shape);
    const make = (seed: number, severity = 3) => corrupted(image, shape, { kind, severity }, randomStream(seed, kind, 0));
    if (channels && !channels.includes(shape[2])) {
      await expect(make(1)).rejects.toThrow(/is for images of 3 channels; these have 1/);
      return;
    }
    const original = Uint8Array.from(image);
    const made = await make(1);
    expect(made).toHaveLength(image.length);
    expect(image, 'the original stays').toEqual(original);
    expect(await make(1)).toEqual(made);
    if (RANDOM.has(kind)) expect(await make(2)).not.toEqual(made);
    else expect(await make(2)).toEqual(made);
  });

  it.each(['CIFAR', 'TINY_IMAGENET', 'IMAGENET'] as const)(
    'of severity 5 is further from the original than of 1, by the table of %s',
    async (scale) => {
      const shape = [64, 64, 3] as const;
      const image = picture(64);
      const distance = async (severity: number) => {
        const made = await corrupted(image, shape, { kind, severity, scale }, randomStream(1, kind, 0));
        return Math.sqrt(made.reduce((sum, value, p) => sum + (value - image[p]!) ** 2, 0) / made.length);
      };
      // The published elastic transform is strongest where it is mild: its severities are of another kind. Less and more colour are no order either.
      if (kind === 'ELASTIC_TRANSFORM' || kind === 'SATURATE') expect(await distance(5)).toBeGreaterThan(1);
      else expect(await distance(5)).toBeGreaterThan(await distance(1));
    },
  );
});

function imageOf([height, width, channels]: ImageShape): Uint8Array {
  const stream = randomStream(3, 'image', height);
  return Uint8Array.from({ length: height * width * channels }, (_, p) => 40 + (p % (width * channels)) * 1.5 + stream.integer(60));
}

describe('noise', () => {
  const shape = [200, 200, 1] as const;
  const grey = new Uint8Array(40_000).fill(128);
  const noisy = (kind: string, severity: number, seed = 5) =>
    corrupted(grey, shape, { kind, severity, scale: 'CIFAR' }, randomStream(seed, kind, 0));
  const moments = (values: Uint8Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
  };

  it.each([
    ['GAUSSIAN_NOISE', 0.08 * 255],
    ['SHOT_NOISE', Math.sqrt(128 / 255 / 100) * 255],
    ['SPECKLE_NOISE', 128 * 0.12],
  ])('%s of severity 3 has the deviation of its definition', async (kind, expected) => {
    const { mean, deviation } = moments(await noisy(kind, 3));
    // Cutting off to whole levels takes half a level on average.
    expect(Math.abs(mean - 127.5)).toBeLessThan(5 * (expected / 200));
    expect(deviation / expected).toBeGreaterThan(0.98);
    expect(deviation / expected).toBeLessThan(1.02);
  });

  it('of impulses changes its share of all values, half of them to white', async () => {
    const made = await noisy('IMPULSE_NOISE', 5);
    const [white, black] = [255, 0].map((level) => made.filter((value) => value === level).length / made.length);
    expect(white).toBeCloseTo(0.035, 2);
    expect(black).toBeCloseTo(0.035, 2);
    expect(made.filter((value) => value !== 128).length / made.length).toBeCloseTo(0.07, 2);
  });

  it.each([0.5, 3, 9.9, 10, 42, 400])('of Poisson with mean %f has that mean and variance', (mean) => {
    const stream = randomStream(1, 'poisson', mean);
    const drawn = Array.from({ length: 40_000 }, () => poisson(stream, mean));
    const average = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - average) ** 2, 0) / drawn.length;
    expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(mean / drawn.length));
    expect(Math.abs(variance / mean - 1)).toBeLessThan(0.05);
  });
});

it('the frost has the mean of the photographs that it is instead of', async () => {
  const black = new Uint8Array(64 * 64 * 3);
  const means = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const made = await corrupted(black, [64, 64, 3], { kind: 'FROST', severity: 1, scale: 'CIFAR' }, randomStream(1, 'frost', i));
      return made.reduce((sum, value) => sum + value, 0) / made.length;
    }),
  );
  // 0.2 of 164, less half a level that is cut off.
  expect(means.reduce((sum, value) => sum + value, 0) / means.length).toBeGreaterThan(29);
  expect(means.reduce((sum, value) => sum + value, 0) / means.length).toBeLessThan(36);
});

it('the table is that of the nearest published size', () => {
  const scales = [28, 32, 44, 45, 64, 96, 120, 224, 299].map((side) => corruptionScaleOf([side, side, 3]));
  expect(scales.join()).toBe('CIFAR,CIFAR,CIFAR,TINY_IMAGENET,TINY_IMAGENET,TINY_IMAGENET,IMAGENET,IMAGENET,IMAGENET');
});

it('there are 15 corruptions in four groups, and four others', () => {
  const count = (group: CorruptionGroup) => corruptions.filter((one) => one.group === group).length;
  expect(Object.fromEntries(CORRUPTION_GROUPS.map((group) => [group, count(group)]))).toEqual({
    NOISE: 3,
    BLUR: 4,
    WEATHER: 4,
    DIGITAL: 4,
    EXTRA: 4,
  });
});
