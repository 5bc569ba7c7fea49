/** Calibration: against numbers computed by hand. */
import { describe, expect, it } from 'vitest';
import { calibrationBin, ClassBinCounter } from '../../src/compute/evaluation/index.js';
import { properScores } from '../../src/compute/models/index.js';
import { calibrations, reliability } from '../../src/results/calibration.js';
import { groupAccuracies, packGroups, unpackGroups, worstGroup } from '../../src/results/groups.js';
import { outcomesOf } from '../server/support/outcomes.js';

const scoresOf = (rows: readonly (readonly number[])[]) => ({
  dtype: 'float32' as const,
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});

describe('negative log-likelihood and Brier score', () => {
  it('of logits are those of their softmax, also where a probability underflows', () => {
    const { likelihood, brier } = properScores(
      scoresOf([
        [Math.log(7), Math.log(2), 0],
        [0, 500, 0],
      ]),
      Int32Array.of(1, 0),
      'LOGITS',
    );
    expect(likelihood[0]).toBeCloseTo(-Math.log(0.2), 6);
    expect(brier[0]).toBeCloseTo(0.7 ** 2 + 0.8 ** 2 + 0.1 ** 2, 6);
    expect(likelihood[1]).toBeCloseTo(500, 3);
    expect(brier[1]).toBeCloseTo(2, 6);
  });

  it('of probabilities are of these, clipped to the precision of float32', () => {
    const { likelihood, brier } = properScores(
      scoresOf([
        [0.5, 0.25, 0.25],
        [0, 1, 0],
      ]),
      Int32Array.of(1, 0),
      'PROBABILITIES',
    );
    expect([...likelihood]).toEqual([Math.fround(Math.log(4)), Math.fround(23 * Math.LN2)]);
    expect([...brier]).toEqual([0.25 + 0.5625 + 0.0625, 2]);
  });

  it('are not known of labels', () => {
    expect([...properScores(scoresOf([[1, 0]]), Int32Array.of(0), 'LABELS').brier]).toEqual([NaN]);
  });
});

describe('bins', () => {
  it('are 15, closed at their upper end, as Guo et al. take them', () => {
    expect([0, 0.01, 1 / 15, 0.0667, 0.5, 1, 1.0000001].map(calibrationBin)).toEqual([0, 0, 0, 1, 7, 14, 14]);
  });

  it('of every class give the classwise error, and add up over parts', () => {
    const rows = [
      [0.9, 0.1],
      [0.8, 0.2],
      [0.3, 0.7],
      [0.6, 0.4],
    ];
    const labels = [0, 1, 1, 0];
    const [whole, first, second] = [new ClassBinCounter(2), new ClassBinCounter(2), new ClassBinCounter(2)];
    rows.forEach((row, i) => {
      whole.add(row, labels[i]!);
      (i < 2 ? first : second).add(row, labels[i]!);
    });
    // Every probability has a bin of its own: the gaps are |1[label] − p|.
    const gaps = [0.1, 0.8, 0.3, 0.4];
    expect(whole.error()).toBeCloseTo(gaps.reduce((sum, gap) => sum + gap, 0) / 4, 12);
    const joined = new ClassBinCounter(2);
    joined.addBins(first.bins());
    joined.addBins(second.bins());
    expect(joined.error()).toBeCloseTo(whole.error(), 12);
  });
});

describe('calibration', () => {
  const outcomes = {
    ...outcomesOf([
      [0, 0, 1],
      [1, 1, 1],
      [2, 0, 1],
      [3, 3, 3],
    ]),
    cleanConfidence: Float32Array.of(0.95, 0.96, 0.5, 0.52),
    cleanLikelihood: Float32Array.of(1, 2, 3, 4),
  };

  it('weighs the distance of confidence and accuracy in each bin by its examples', () => {
    const { clean } = calibrations(outcomes, 4, [undefined]);
    // Bins (14/15, 1] with two right at 0.955, and (7/15, 8/15] with one of two at 0.51.
    expect(clean.expectedError).toBeCloseTo(0.5 * (1 - 0.955) + 0.5 * 0.01, 6);
    expect(clean).toMatchObject({ likelihood: 2.5, classwiseError: null });
    const bins = reliability(outcomes, 'clean');
    expect(bins).toHaveLength(15);
    expect(bins.filter(({ count }) => count > 0).map(({ count, right }) => [count, right])).toEqual([
      [2, 1],
      [2, 2],
    ]);
  });

  it('by group counts the examples of the evaluation, and names the worst', () => {
    const groups = unpackGroups(packGroups(Int32Array.of(7, 0, 0, 1, 1)));
    const accuracies = groupAccuracies(outcomes, groups, 1);
    expect(accuracies.map(({ group, clean, adversarial }) => [group, clean.value, adversarial.value, clean.n])).toEqual([
      [0, 1, 0.5, 2],
      [1, 0.5, 0.5, 2],
    ]);
    expect(worstGroup(groupAccuracies(outcomes, Int32Array.of(0, 1, 1, 1), 0))).toMatchObject({ group: 0, adversarial: { value: 0 } });
  });
});
