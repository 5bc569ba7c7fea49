import { describe, expect, it } from 'vitest';
import { distortions } from '../../src/compute/metrics/distortion.js';
import { argmaxRows, argminRows, confidences, inTopK } from '../../src/compute/metrics/predictions.js';
import { auditBudget, levelsOf, quantise } from '../../src/compute/metrics/stored-image.js';

const scores = (...rows: number[][]) => ({
  dtype: 'float32' as const,
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});

describe('predictions', () => {
  it('give ties to the lowest class', () => {
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

describe('stored images', () => {
  it('keep every level that the budget allows, and none more', () => {
    for (let level = 0; level <= 255; level++) {
      expect(levelsOf(level / 255)).toBe(level);
      expect(levelsOf(Math.fround(level / 255))).toBe(level);
    }
    expect(levelsOf(0.3)).toBe(76);
  });

  it('round to the nearest level inside budget and range', () => {
    const original = Uint8Array.of(100, 100, 100, 250, 3);
    const adversarial = Float32Array.of(108.6 / 255, 92 / 255, 103.4 / 255, 1, 0);
    expect([...quantise(original, adversarial, 'LINF', 8 / 255)]).toEqual([108, 92, 103, 255, 0]);
  });

  it('round towards the original where the budget is a length', () => {
    const original = Uint8Array.of(100, 100);
    expect([...quantise(original, Float32Array.of(102.9 / 255, 97.1 / 255), 'L2', 1)]).toEqual([102, 98]);
  });

  it('are measured and audited', () => {
    const original = Uint8Array.of(0, 0, 0, 0, 10, 10, 10, 10);
    const stored = Uint8Array.of(3, 4, 0, 0, 10, 10, 10, 10);
    const measured = distortions(original, stored, 2);
    expect([...measured.linf]).toEqual([Math.fround(4 / 255), 0]);
    expect(measured.l2[0]).toBeCloseTo(5 / 255, 6);
    expect([...measured.l0]).toEqual([0.5, 0]);
    expect(auditBudget(measured, 'LINF', 4 / 255, 4)).toBe(0);
    expect(auditBudget(measured, 'LINF', 3.9 / 255, 4)).toBe(1);
    expect(auditBudget(measured, 'L2', 5 / 255, 4)).toBe(0);
    expect(auditBudget(measured, 'L2', 4.9 / 255, 4)).toBe(1);
  });
});
