import { describe, expect, it } from 'vitest';
import { cohenKappa } from '../../src/compute/statistics/agreement.js';
import { distortions } from '../../src/compute/distances/lp.js';
import { argmaxRows, argminRows, inTopK } from '../../src/compute/tensors/scores.js';
import { confidences } from '../../src/compute/models/confidences.js';
import { effectiveEpsilon, levelsOf } from '../../src/compute/distances/budget.js';
import { asFloats } from '../../src/compute/distances/judged-image.js';
import { auditBudget, quantise } from '../../src/compute/distances/stored-image.js';
import { formatMagnitude, parseMagnitude } from '../../src/compute/parameters/magnitude.js';
import { randomStream } from '../../src/compute/random.js';

const scores = (...rows: number[][]) => ({
  dtype: 'float32' as const,
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});

describe('predictions', () => {
  it('take the lowest class of a tie', () => {
    const tied = scores([1, 3, 3, 1], [0, 0, 0, 0]);
    expect([...argmaxRows(tied)]).toEqual([1, 0]);
    expect([...argminRows(tied)]).toEqual([0, 0]);
    const flat = scores([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]);
    expect([...inTopK(flat, Int32Array.of(4, 5), 5)]).toEqual([1, 0]);
  });

  it('have the softmax as confidence, also of large logits', () => {
    expect(confidences(scores([1000, 999]), Int32Array.of(0), 'LOGITS')[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    expect(confidences(scores([0.25, 0.75]), Int32Array.of(1), 'PROBABILITIES')[0]).toBe(0.75);
  });
});

describe('agreement', () => {
  it('is measured beyond chance', () => {
    // 20 and 15 of 50 in common, by chance half of all: (0.7 - 0.5) / (1 - 0.5).
    const answers = (...counts: [number, number, number][]) =>
      [0, 1].map((rater) => Int32Array.from(counts.flatMap(([a, b, times]) => Array<number>(times).fill(rater === 0 ? a : b))));
    const [first, second] = answers([1, 1, 20], [1, 2, 5], [2, 1, 10], [2, 2, 15]) as [Int32Array, Int32Array];
    expect(cohenKappa(first, second)).toBeCloseTo(0.4, 12);
    expect(cohenKappa(second, first)).toBe(cohenKappa(first, second));
    expect(cohenKappa(first, first)).toBe(1);
    expect(cohenKappa(Int32Array.of(3, 3), Int32Array.of(3, 3))).toBeNull();
  });
});

describe('stored images', () => {
  it.each(['LINF', 'L2', 'L1', 'L0'] as const)('and floats in %s leave pixels as they were that an attack made no number of', (norm) => {
    const [original, adversarial] = [Uint8Array.of(51, 102), Float32Array.of(NaN, 103 / 255)];
    expect([...quantise(original, adversarial, 1, { norm, epsilon: 8 / 255 })]).toEqual([51, 103]);
    const floats = asFloats(original, adversarial, 1, { norm, epsilon: 8 / 255 });
    expect(Array.from(floats, (value) => Math.round(255 * value))).toEqual([51, 103]);
  });

  it('keep exactly the levels that the budget allows', () => {
    for (let level = 0; level <= 255; level++) {
      expect(levelsOf(level / 255)).toBe(level);
      expect(levelsOf(Math.fround(level / 255))).toBe(level);
    }
    expect(levelsOf(0.3)).toBe(76);
  });

  it('have the levels of an ε that is typed with few decimals', () => {
    const typed = ['0.03', '0.031', '0.0314', '0.00784', '0.3', '8/255'];
    expect(typed.map((text) => levelsOf(parseMagnitude(text)))).toEqual([7, 7, 8, 2, 76, 8]);
    // Four digits are enough for every whole level up to 25.
    const levels = Array.from({ length: 25 }, (_, i) => i + 1);
    expect(levels.map((level) => levelsOf(Number((level / 255).toPrecision(4))))).toEqual(levels);
  });

  it('use of a budget what images of 8 bits can', () => {
    expect(effectiveEpsilon({ norm: 'LINF', epsilon: 0.03 })).toBe(7 / 255);
    expect(effectiveEpsilon({ norm: 'LINF', epsilon: 0.00784 })).toBe(2 / 255);
    expect(effectiveEpsilon({ norm: 'L1', epsilon: 12 })).toBe(12);
    expect(effectiveEpsilon({ norm: 'L2', epsilon: 0.1 })).toBeCloseTo(Math.sqrt(650) / 255, 12);
    expect(effectiveEpsilon({ norm: 'L2', epsilon: 0.9 / 255 })).toBe(0);
    expect(effectiveEpsilon({ norm: 'L0', epsilon: 3.9 })).toBe(3);
    expect(effectiveEpsilon({ norm: 'L2', epsilon: Infinity })).toBe(Infinity);
  });

  it('keep a budget to its level where it is typed with few decimals, also as it is audited', () => {
    const [original, adversarial] = [Uint8Array.of(100, 100), Float32Array.of(101.9992 / 255, 98.0008 / 255)];
    const budget = { norm: 'LINF', epsilon: 0.00784 } as const;
    const stored = quantise(original, adversarial, 1, budget);
    expect([...stored]).toEqual([102, 98]);
    expect(auditBudget(distortions(original, stored, 1), budget, 2)).toBe(0);
  });

  it('leaves images that were read into a Buffer as they are', () => {
    const original = Buffer.from([100, 200]);
    const stored = quantise(original, Float32Array.of(110 / 255, 190 / 255), 1, { norm: 'LINF', epsilon: 8 / 255 });
    expect([[...stored], [...original]]).toEqual([
      [108, 192],
      [100, 200],
    ]);
  });

  it('round to the nearest level inside budget and range', () => {
    const original = Uint8Array.of(100, 100, 100, 250, 3);
    const adversarial = Float32Array.of(108.6 / 255, 92 / 255, 103.4 / 255, 1, 0);
    expect([...quantise(original, adversarial, 1, { norm: 'LINF', epsilon: 8 / 255 })]).toEqual([108, 92, 103, 255, 0]);
  });

  it('round to the nearest level where the budget is a length, as far as it allows', () => {
    const original = Uint8Array.of(100, 100, 100);
    const adversarial = Float32Array.of(102.9 / 255, 97.1 / 255, 100.6 / 255);
    expect([...quantise(original, adversarial, 1, { norm: 'L2', epsilon: 1 })]).toEqual([103, 97, 101]);
    // Exact length 4.15 of 255; nearest levels have 4.36. The pixel that was rounded outwards most goes back.
    expect([...quantise(original, adversarial, 1, { norm: 'L2', epsilon: 4.3 / 255 })]).toEqual([103, 97, 100]);
    expect([...quantise(original, adversarial, 1, { norm: 'L1', epsilon: 6.4 / 255 })]).toEqual([103, 97, 100]);
  });

  it('never leave an L1 or L2 ball by rounding', () => {
    const stream = randomStream(3, 'test.quantise', 0);
    const original = Uint8Array.from({ length: 400 }, () => stream.integer(256));
    for (const norm of ['L1', 'L2'] as const) {
      const change = Float32Array.from(original, () => (stream.normal() * 2) / 255);
      const adversarial = change.map((value, p) => Math.min(1, Math.max(0, original[p]! / 255 + value)));
      const exact = adversarial.map((value, p) => value - original[p]! / 255);
      const epsilon = norm === 'L1' ? exact.reduce((sum, value) => sum + Math.abs(value), 0) : Math.hypot(...exact);
      const measured = distortions(original, quantise(original, adversarial, 1, { norm, epsilon }), 1);
      expect(auditBudget(measured, { norm, epsilon }, 400)).toBe(0);
      expect(norm === 'L1' ? measured.l1[0] : measured.l2[0]).toBeGreaterThan(0.97 * epsilon);
    }
  });

  it('are measured and audited', () => {
    const original = Uint8Array.of(0, 0, 0, 0, 10, 10, 10, 10);
    const stored = Uint8Array.of(3, 4, 0, 0, 10, 10, 10, 10);
    const measured = distortions(original, stored, 2);
    expect([...measured.linf]).toEqual([Math.fround(4 / 255), 0]);
    expect(measured.l2[0]).toBeCloseTo(5 / 255, 6);
    expect([...measured.l0]).toEqual([0.5, 0]);
    // Pixels of two channels: only the first has changed.
    expect([...measured.l0Pixels]).toEqual([0.5, 0]);
    expect([...distortions(original, Uint8Array.of(3, 0, 0, 9, 10, 10, 10, 9), 2, 2).l0Pixels]).toEqual([1, 0.5]);
    expect([...distortions(original, Uint8Array.of(3, 4, 0, 0, 10, 10, 10, 10), 2, 2).l0Pixels]).toEqual([0.5, 0]);
    expect(auditBudget(measured, { norm: 'LINF', epsilon: 4 / 255 }, 4)).toBe(0);
    expect(auditBudget(measured, { norm: 'LINF', epsilon: 3.9 / 255 }, 4)).toBe(1);
    expect(auditBudget(measured, { norm: 'L2', epsilon: 5 / 255 }, 4)).toBe(0);
    expect(auditBudget(measured, { norm: 'L2', epsilon: 4.9 / 255 }, 4)).toBe(1);
    expect(measured.l1[0]).toBeCloseTo(7 / 255, 6);
    expect(auditBudget(measured, { norm: 'L1', epsilon: 7 / 255 }, 4)).toBe(0);
    expect(auditBudget(measured, { norm: 'L1', epsilon: 6.9 / 255 }, 4)).toBe(1);
  });
});

describe('printed budgets', () => {
  it('read back to the same number', () => {
    const levels = Array.from({ length: 256 }, (_, level) => level / 255);
    for (const epsilon of [...levels, 0.03, 0.031, 0.1, 0.3, 0.00784, 1.5, 12, 1e-9, Math.fround(8 / 255)])
      expect(parseMagnitude(formatMagnitude(epsilon))).toBe(epsilon);
    expect([8 / 255, 0.2, 0.3, 1, 2 / 255, 0.031].map(formatMagnitude)).toEqual(['8/255', '0.2', '0.3', '1', '2/255', '0.031']);
  });
});
