/**
 * The numerical part computes what it did when `golden.json` was written (`npm run golden -- --out tests/golden/golden.json`), as far as processors agree: sums in
 * another order (AVX2 or AVX-512, other micro-batches) move last bits, and an iterative attack carries them on. Whether every bit is the same on one machine,
 * `npm run golden -- --compare` says.
 */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { COUNT, goldenRecords, type GoldenRecords } from './records.js';
import { everyNth } from '../sizes.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';

const recorded = JSON.parse(await readFile('tests/golden/golden.json', 'utf8')) as GoldenRecords;
const some = <T>(records: Readonly<Record<string, T>>) => Object.fromEntries(everyNth(8, Object.entries(records)));
const expected: GoldenRecords = {
  attacks: some(recorded.attacks),
  training: some(recorded.training),
  importers: recorded.importers,
  measurements: recorded.measurements,
};
const wanted = new Set(Object.values(expected).flatMap((records: object) => Object.keys(records)));
let actual: GoldenRecords;
const known: string[] = [];

beforeAll(async () => {
  const isWanted = (name: string) => known.push(name) > 0 && wanted.has(name);
  actual = JSON.parse(JSON.stringify(await goldenRecords({ isWanted }))) as GoldenRecords;
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param slack for values near zero. */
function expectNear(value: number, wanted: number, share: number, what: string, slack = 0): void {
  expect(Math.abs(value - wanted), `${what}: ${value}, and was ${wanted}`).toBeLessThanOrEqual(share * Math.abs(wanted) + slack);
}

it('there are as many attacks, training schemes, importers and measurements as before', () => {
  expect(known).toEqual(Object.values(recorded).flatMap((records: object) => Object.keys(records)));
});

describe('an attack makes the images that it made before:', () => {
  it.each(Object.entries(expected.attacks))('%s', (name, before) => {
    const now = actual.attacks[name]!;
    // An example at the edge of a decision may fall on either side of it.
    const others = before.predictions.filter((prediction, i) => prediction !== now.predictions[i]).length;
    expect(others, 'examples that are predicted otherwise').toBeLessThanOrEqual(1);
    expect(now.predictions).toHaveLength(COUNT);
    // Pixels are stored in 8 bits: a last bit rarely moves one, and then by 1/255. A search that ends a step later moves more of one example.
    expectNear(mean(now.l2), mean(before.l2), 0.02, 'mean L2');
    expectNear(mean(now.linf), mean(before.linf), 0.02, 'mean L∞');
    // Whole steps: one example that succeeds a step earlier or later.
    expectNear(mean(now.queries), mean(before.queries), 0.1, 'mean queries');
    expectNear(mean(now.gradients), mean(before.gradients), 0.1, 'mean gradients');
  });
});

/** Another engine rounds every gradient otherwise, and of those near zero turns the sign, by which an attack moves the pixel. */
const LOSSES_AGREE = ENGINE_UNDER_TEST === 'compiled:cpu' ? 1e-3 : 1e-1;

describe('training has the losses that it had before:', () => {
  // Weights are carried on over a few steps alone, so last bits have not grown to digits that show.
  it.each(Object.entries(expected.training))('%s', (name, before) => {
    const { losses } = actual.training[name]!;
    expect(losses).toHaveLength(before.losses.length);
    losses.forEach((loss, step) => expectNear(loss, before.losses[step]!, LOSSES_AGREE, `step ${step}`));
  });
});

describe('an imported model has the fingerprint and scores that it had before:', () => {
  it.each(Object.entries(expected.importers))('%s', (name, before) => {
    const { outputs, fingerprint } = actual.importers[name]!;
    // Weights, topology and preprocessing: nothing is computed of them.
    expect(fingerprint).toBe(before.fingerprint);
    // Sums of some thousand terms in float32 hold five digits of the largest score.
    const largest = Math.max(...before.outputs.map(Math.abs));
    expect(outputs).toHaveLength(before.outputs.length);
    outputs.forEach((output, i) => expectNear(output, before.outputs[i]!, 0, `score ${i}`, 1e-4 * largest));
  });
});

describe('a measurement gives what it gave before:', () => {
  it.each(Object.entries(expected.measurements))('%s', (name, before) => {
    const now = actual.measurements[name]!;
    expect(Object.keys(now)).toEqual(Object.keys(before));
    for (const [member, values] of Object.entries(before)) {
      const others = now[member]!;
      expect(others).toHaveLength(values.length);
      const differ = values.filter((value, i) => {
        const other = others[i]!;
        if (value === null || other === null) return value !== other;
        return Math.abs(other - value) > 1e-3 * Math.abs(value) + 1e-6;
      }).length;
      // One example at the edge of a decision, or with a pixel rounded otherwise; statistics are computed in double precision of numbers that are given.
      expect(differ, member).toBeLessThanOrEqual(values.length === COUNT ? 1 : 0);
    }
  });
});
