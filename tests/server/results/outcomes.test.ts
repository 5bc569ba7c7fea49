import { describe, expect, it } from 'vitest';
import { joinOutcomes, packOutcomes, unpackOutcomes, type Outcomes } from '../../../src/results/outcomes.js';
import { selectExamples } from '../../../src/results/breakdown.js';
import { medianOverAll, summarise } from '../../../src/results/summary.js';
import { outcomesOf } from '../support/outcomes.js';

/** As the first version of this project wrote them. */
function firstLayout(outcomes: Outcomes): Uint8Array {
  const { labels, cleanPrediction, cleanConfidence, adversarialPrediction, adversarialConfidence } = outcomes;
  const { linf, l2, l0, queries, gradients, cleanTop5, adversarialTop5 } = outcomes;
  const columns = [labels, cleanPrediction, cleanConfidence, adversarialPrediction, adversarialConfidence];
  columns.push(linf, l2, l0, queries, gradients);
  return Buffer.concat(
    [Uint32Array.of(1, outcomes.count), ...columns, cleanTop5, adversarialTop5].map((part) => new Uint8Array(part.buffer)),
  );
}

const SOME = outcomesOf([
  [0, 0, 1],
  [1, 1, 1],
  [2, 3, 2],
  [3, 3, 0],
  [4, 5, 6],
]);

describe('examples', () => {
  it('are selected by distortion in the norm of the attack, bounds included', () => {
    const outcomes = { ...SOME, linf: Float32Array.of(0.5, 0.25, 0.125, 0, 1), l2: Float32Array.of(1, 2, 3, 4, 5) };
    const select = (norm: 'LINF' | 'L2', selection: object) => selectExamples(outcomes, { offset: 10, norm }, selection);
    expect(select('LINF', { distortionMin: 0.25 })).toEqual([0, 1, 4]);
    expect(select('LINF', { distortionMin: 0.125, distortionMax: 0.5 })).toEqual([0, 1, 2]);
    expect(select('L2', { distortionMax: 2 })).toEqual([0, 1]);
    expect(select('L2', { distortionMax: 4, indexes: [13, 14] })).toEqual([3]);
    expect(select('L2', {})).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('outcomes', () => {
  it('are unchanged by packing and unpacking, at any byte offset', () => {
    const packed = packOutcomes(SOME);
    expect(unpackOutcomes(packed)).toEqual(SOME);
    const shifted = new Uint8Array(packed.length + 1);
    shifted.set(packed, 1);
    expect(unpackOutcomes(shifted.subarray(1))).toEqual(SOME);
    expect(unpackOutcomes(packOutcomes(outcomesOf([])))).toEqual(outcomesOf([]));
  });

  it('of the first layout can be read, with NaN for the values that it lacks', () => {
    const first = unpackOutcomes(firstLayout(SOME));
    const later = [
      'l1',
      'ssim',
      'pass',
      'target',
      'otherPrediction',
      'cleanVotes',
      'adversarialVotes',
      'cleanLikelihood',
      'cleanBrier',
      'adversarialLikelihood',
      'adversarialBrier',
      'l0Pixels',
      'attackDistance',
    ] as const;
    for (const name of later) expect([...first[name]]).toEqual(Array(5).fill(NaN));
    expect({ ...first, ...Object.fromEntries(later.map((name) => [name, SOME[name]])) }).toEqual(SOME);
    expect(summarise(first)).toMatchObject({
      cleanMean: null,
      adversarialMean: null,
      meanLinf: 2.5,
      medianLinf: 2.5,
      meanL1: null,
      medianL1: null,
      meanSsim: null,
      otherTop1: null,
      undoneByRounding: null,
    });
  });

  it('of an unknown layout are refused', () => {
    const packed = packOutcomes(SOME);
    packed[0] = 99;
    expect(() => unpackOutcomes(packed)).toThrow(/layout 99/);
  });

  it('are joined in the order of their shards', () => {
    const joined = joinOutcomes([SOME, outcomesOf([[7, 7, 7]]), outcomesOf([])]);
    expect(joined.count).toBe(6);
    expect([...joined.labels]).toEqual([0, 1, 2, 3, 4, 7]);
    expect([...joined.linf]).toEqual([1, 2, 3, 4, 5, 1]);
  });
});

describe('the median distance over all', () => {
  it('counts failures as infinite, and leaves out what was wrong before', () => {
    // Distances in L∞ are 1, 2, …; the second example fails, the third was wrong before.
    const outcomes = outcomesOf([
      [0, 0, 1],
      [1, 1, 1],
      [2, 3, 2],
      [3, 3, 0],
      [4, 4, 6],
      [5, 5, 0],
    ]);
    // 1, 4, 5, 6 and ∞; over successes it is 4.5.
    expect(medianOverAll(outcomes)).toEqual({ linf: 5, l2: 6, l1: 8, l0: 7, l0Pixels: 10, attackDistance: 11 });
    expect(summarise(outcomes)).toMatchObject({ medianLinf: 4.5, meanLinf: 4 });
  });

  it('is infinite where half of the attacked examples or more fail, and unknown where none was attacked', () => {
    expect(
      medianOverAll(
        outcomesOf([
          [0, 0, 1],
          [1, 1, 1],
        ]),
      ),
    ).toBeNull();
    expect(
      medianOverAll(
        outcomesOf([
          [0, 0, 1],
          [1, 1, 1],
          [2, 2, 2],
        ]),
      ),
    ).toBeNull();
    expect(medianOverAll(outcomesOf([[0, 1, 1]]))).toBeNull();
  });
});

describe('summarise', () => {
  it('counts examples that are right before and after the attack and its successes, and averages over successes', () => {
    expect(summarise(SOME)).toEqual({
      cleanTop1: 3,
      cleanTop5: 5,
      adversarialTop1: 2,
      adversarialTop5: 2,
      cleanMean: 3 / 5,
      adversarialMean: 2 / 5,
      otherTop1: 2,
      undoneByRounding: 0,
      successes: 2,
      aimed: null,
      targetsReached: null,
      meanLinf: 2.5,
      meanL2: 3.5,
      meanL0: 4.5,
      meanL0Pixels: 7.5,
      meanL1: 5.5,
      meanSsim: 1 - 1.5 / 8,
      meanPass: 1 - 1.5 / 16,
      meanAttackDistance: 8.5,
      medianLinf: 2.5,
      medianL2: 3.5,
      medianL0: 4.5,
      medianL0Pixels: 7.5,
      medianL1: 5.5,
      medianSsim: 1 - 1.5 / 8,
      medianPass: 1 - 1.5 / 16,
      medianAttackDistance: 8.5,
      queries: 15n,
      gradients: 5n,
    });
  });

  it('counts targets other than the true class of examples that were right before, and those that were reached', () => {
    const outcomes = outcomesOf([
      [0, 0, 1, 1],
      [0, 0, 2, 1],
      [0, 0, 0, 1],
      [1, 1, 1, 1],
      [2, 1, 1, 1],
    ]);
    expect(summarise(outcomes)).toMatchObject({ successes: 2, aimed: 3, targetsReached: 1 });
  });

  it('counts what rounding undoes, by either judging', () => {
    // Right before; stored: right, wrong, right; as floats: wrong, wrong, right.
    const both = (stored: number[], floats: number[]) => ({
      ...outcomesOf(stored.map((label) => [0, 0, label] as const)),
      otherPrediction: Float32Array.from(floats),
    });
    expect(summarise(both([0, 1, 0], [1, 1, 0]))).toMatchObject({ adversarialTop1: 2, otherTop1: 1, undoneByRounding: 1 });
    expect(summarise(both([1, 1, 0], [0, 1, 0]), 'FLOAT')).toMatchObject({ adversarialTop1: 1, otherTop1: 2, undoneByRounding: 1 });
    expect(summarise(both([0, 1, 0], [1, NaN, 0]))).toMatchObject({ otherTop1: null, undoneByRounding: null });
  });

  it('has no mean distortion without a success', () => {
    expect(summarise(outcomesOf([[0, 0, 0]]))).toMatchObject({ successes: 0, meanLinf: null, meanL2: null, meanL0: null });
  });
});
