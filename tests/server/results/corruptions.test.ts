import { expect, it } from 'vitest';
import { SEVERITIES } from '../../../src/compute/data/index.js';
import { ALEXNET, COUNTED_CORRUPTIONS, type CorruptedOutcomes, summariseCorruptions } from '../../../src/results/corruptions.js';
import { randomStream } from '../../../src/compute/random.js';

const N = 400;

/** A model that is wrong with a chance for each kind and severity. */
function outcomes(seed: number, clean: number, error: (kind: string, severity: number) => number, n = N): CorruptedOutcomes {
  const rights = (name: string, chance: number) => {
    const stream = randomStream(seed, name, 0);
    return Uint8Array.from({ length: n }, () => (stream.uniform() < chance ? 0 : 1));
  };
  return {
    clean: rights('clean', clean),
    corrupted: COUNTED_CORRUPTIONS.flatMap((kind) =>
      SEVERITIES.map((severity) => ({ kind, severity, right: rights(`${kind} ${severity}`, error(kind, severity)) })),
    ),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const errorOf = (right: Uint8Array) => 1 - mean([...right]);
const errorsOf = ({ corrupted }: CorruptedOutcomes, kind: string) =>
  corrupted.filter((one) => one.kind === kind).reduce((sum, { right }) => sum + errorOf(right), 0);

const model = outcomes(1, 0.1, (_, severity) => 0.1 + 0.1 * severity);
const baseline = outcomes(2, 0.2, (_, severity) => 0.2 + 0.12 * severity);

it('the mean corruption error is the mean of ratios of sums of errors, as the paper defines it', () => {
  const { meanCorruptionError, relativeMeanCorruptionError } = summariseCorruptions(model, baseline);
  const expected = mean(COUNTED_CORRUPTIONS.map((kind) => errorsOf(model, kind) / errorsOf(baseline, kind)));
  expect(meanCorruptionError!.value).toBeCloseTo(expected, 10);
  const relative = mean(
    COUNTED_CORRUPTIONS.map(
      (kind) => (errorsOf(model, kind) - 5 * errorOf(model.clean)) / (errorsOf(baseline, kind) - 5 * errorOf(baseline.clean)),
    ),
  );
  expect(relativeMeanCorruptionError!.value).toBeCloseTo(relative, 10);
});

it("AlexNet's own errors give it an mCE of 1, which the paper writes as 100", () => {
  const alexnet = outcomes(3, ALEXNET.cleanError, (kind) => ALEXNET.errors[kind]!, 20_000);
  const { meanCorruptionError, relativeMeanCorruptionError, kinds } = summariseCorruptions(alexnet, ALEXNET);
  expect(meanCorruptionError!.value).toBeCloseTo(1, 2);
  expect(relativeMeanCorruptionError!.value).toBeCloseTo(1, 1);
  expect(kinds).toHaveLength(15);
});

it('the interval holds the true value in about 95 of 100 samples', () => {
  const [own, other] = [(severity: number) => 0.1 + 0.1 * severity, (severity: number) => 0.2 + 0.12 * severity];
  const truth = mean(SEVERITIES.map(own)) / mean(SEVERITIES.map(other));
  let held = 0;
  for (let seed = 0; seed < 100; seed++) {
    const { meanCorruptionError } = summariseCorruptions(
      outcomes(10 + seed, 0.1, (_, severity) => own(severity), 60),
      outcomes(1000 + seed, 0.2, (_, severity) => other(severity), 60),
    );
    if (meanCorruptionError!.lower <= truth && meanCorruptionError!.upper! >= truth) held++;
  }
  expect(held).toBeGreaterThanOrEqual(88);
});

it('there is no mean before all 15 were measured at all severities, and no error without a baseline', () => {
  const partial = { ...model, corrupted: model.corrupted.filter(({ kind, severity }) => kind !== 'FOG' || severity < 5) };
  expect(summariseCorruptions(partial, baseline)).toMatchObject({ missing: ['FOG'], accuracy: null, meanCorruptionError: null });
  expect(summariseCorruptions(model)).toMatchObject({ missing: [], meanCorruptionError: null, accuracy: { n: N } });
  const perfect = { ...model, corrupted: model.corrupted.map((one) => ({ ...one, right: one.right.map(() => 1) })) };
  expect(summariseCorruptions(model, perfect)).toMatchObject({ meanCorruptionError: null, withoutBaselineErrors: COUNTED_CORRUPTIONS });
  const rightInFog = {
    ...baseline,
    corrupted: baseline.corrupted.map((one) => (one.kind === 'FOG' ? { ...one, right: one.right.map(() => 1) } : one)),
  };
  expect(summariseCorruptions(model, rightInFog)).toMatchObject({ missing: [], meanCorruptionError: null, withoutBaselineErrors: ['FOG'] });
  expect(summariseCorruptions(model, baseline).withoutBaselineErrors).toEqual([]);
});

it('no interval of a ratio of errors begins below 0', () => {
  const { meanCorruptionError, kinds } = summariseCorruptions(
    outcomes(5, 0.01, () => 0.01, 50),
    outcomes(6, 0.3, () => 0.3, 50),
  );
  expect(meanCorruptionError!.value).toBeLessThan(0.1);
  for (const { lower } of [meanCorruptionError!, ...kinds.map(({ corruptionError }) => corruptionError!)])
    expect(lower).toBeGreaterThanOrEqual(0);
  expect(kinds.some(({ corruptionError }) => corruptionError!.lower === 0)).toBe(true);
});
