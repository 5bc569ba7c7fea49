/** Images of other levels than 8 bits: rounded to their own, measured in their own. */
import { describe, expect, it } from 'vitest';
import {
  asFloats,
  asJudged,
  auditBudget,
  bothJudgings,
  distortions,
  effectiveEpsilon,
  fromStored,
  isOfWholeLevels,
  quantise,
  toLevels,
} from '../../src/compute/distances/index.js';
import { roundToLevels } from '../../src/compute/attacks/core/image-arrays.js';
import { levelsFromBytes, levelsOfFractions, makeLevels, mostOf } from '../../src/compute/tensors/index.js';
import { randomStream } from '../../src/compute/random.js';

const SIZE = 64;
const stream = randomStream(1, 'test.levels', 0);
const originals = Uint16Array.from({ length: 2 * SIZE }, () => stream.integer(65536));
const moved = (by: number) =>
  Float32Array.from(originals, (value) => Math.min(1, Math.max(0, value / 65535 + by * (2 * stream.uniform() - 1))));

describe('images of 16 bits', () => {
  it.each([
    ['LINF', 10.4 / 65535],
    ['LINF', 8 / 255],
    ['L2', 0.001],
    ['L2', 0.2],
    ['L1', 0.01],
  ] as const)('are rounded to their levels inside an %s budget of %s', (norm, epsilon) => {
    const budget = { norm, epsilon, levels: 65535 };
    const wanted = asFloats(originals, moved(norm === 'LINF' ? 1.5 * epsilon : epsilon), 2, budget);
    const stored = quantise(originals, wanted, 2, budget);
    expect(stored).toBeInstanceOf(Uint16Array);
    const measured = distortions(originals, stored, 2);
    expect(auditBudget(measured, { ...budget, judging: 'STORED' }, SIZE)).toBe(0);
    // Half a level of 16 bits at most, where the budget leaves that.
    for (const [p, value] of stored.entries()) expect(Math.abs(value - 65535 * wanted[p]!)).toBeLessThan(norm === 'LINF' ? 1.02 : 66);
    if (norm === 'LINF') expect(Math.round(Math.max(...measured.linf) * 65535)).toBe(Math.floor(65535 * epsilon + 0.01));
  });

  it('have distances that are 257 times as fine as those of 8 bits', () => {
    expect(effectiveEpsilon({ norm: 'LINF', epsilon: 10.5 / 255 })).toBe(10 / 255);
    expect(effectiveEpsilon({ norm: 'LINF', epsilon: 10.5 / 255, levels: 65535 })).toBe(2698 / 65535);
    expect(effectiveEpsilon({ norm: 'LINF', epsilon: 10.5 / 255, levels: 1 })).toBe(10.5 / 255);
    const one = distortions(Uint16Array.of(100, 200), Uint16Array.of(100, 201), 1);
    expect([one.linf[0], one.l1[0], one.l0[0]]).toEqual([Math.fround(1 / 65535), Math.fround(1 / 65535), 0.5]);
  });

  it('are whole levels where nothing is changed, in spite of float32', () => {
    const { data } = fromStored(originals, [2, SIZE]);
    expect(levelsOfFractions(data, 65535)).toEqual(originals);
    const made = { stored: originals, exact: data as Float32Array };
    expect([0, 1].map((i) => isOfWholeLevels(made, i, SIZE))).toEqual([true, true]);
    const rounded = (data as Float32Array).slice();
    roundToLevels(rounded, 65535);
    expect(levelsOfFractions(rounded, 65535)).toEqual(originals);
    expect(distortions(originals, rounded, 2).l0).toEqual(new Float32Array(2));
  });

  it('are looked at by attacks as success is decided on them', () => {
    const images = fromStored(originals, [2, SIZE]);
    const changed = { ...images, data: moved(0.01) };
    const budget = { norm: 'LINF' as const, epsilon: 0.02, levels: 65535 };
    const stored = quantise(originals, changed.data, 2, budget);
    expect(asJudged(images, changed, budget).data).toEqual(fromStored(stored, [2, SIZE]).data);
  });

  it('are shown in 8 bits', () => {
    expect(toLevels(Uint16Array.of(0, 65535, 257 * 100))).toEqual(Uint8Array.of(0, 255, 100));
    expect(toLevels(Float32Array.of(0, 1, 100 / 255))).toEqual(Uint8Array.of(0, 255, 100));
  });
});

describe('images of floats', () => {
  it('have no levels: what is stored is what the attack made, inside the budget', () => {
    const images = Float32Array.from({ length: SIZE }, () => stream.uniform());
    const made = bothJudgings(
      images,
      images.map((value) => value + 0.3),
      1,
      { norm: 'LINF', epsilon: 0.1, judging: 'FLOAT', levels: 1 },
    );
    expect(made.stored).toBe(made.exact);
    expect(mostOf(images)).toBe(1);
    const measured = distortions(images, made.exact, 1);
    expect(measured.linf[0]).toBeCloseTo(0.1, 6);
    expect(auditBudget(measured, { norm: 'LINF', epsilon: 0.1, judging: 'FLOAT', levels: 1 }, SIZE)).toBe(0);
  });
});

it('rounding leaves the originals as they are, whatever kind of array they come in', () => {
  // A slice of a Buffer is the same memory.
  const images = Buffer.from([10, 20, 30, 40]);
  const stored = quantise(images, Float32Array.of(0.5, 0.5, 0.5, 0.5), 1, { norm: 'LINF', epsilon: 1 });
  expect([...images]).toEqual([10, 20, 30, 40]);
  expect([...stored]).toEqual([128, 128, 128, 128]);
});

it('levels are read from bytes at any place', () => {
  const bytes = new Uint8Array([9, ...new Uint8Array(Uint16Array.of(1, 513).buffer)]);
  expect(levelsFromBytes('uint16', bytes.subarray(1))).toEqual(Uint16Array.of(1, 513));
  expect(makeLevels('float32', 2)).toEqual(Float32Array.of(0, 0));
});
