/** One comparison: both sides on the same images, their results decided on by the same code. @module */
import { type Budget, type Engine, evaluateShard, type Judging, type Norm, type ShardResult } from '../../src/compute/index.js';
import type { Comparison } from './comparisons.js';
import type { Originals } from './originals.js';
import type { ComparisonRecord, Outcome } from './records.js';
import type { Subject } from './subjects.js';

/** For each image the length of its change, or null where it is not fooled. */
type Lengths = readonly (number | null)[];

type Budgeted = Pick<Comparison, 'norm' | 'budget' | 'budgetFactor'>;

/** Our attack of a comparison on the first `count` images. */
export function runOurs(
  engine: Engine,
  subject: Subject,
  comparison: Pick<Comparison, 'ours'> & Budgeted,
  options: { readonly seed: number; readonly count: number; readonly judging: Judging },
): Promise<ShardResult> {
  const { kind, parameters } = comparison.ours;
  const epsilon = epsilonOf(subject, comparison);
  return evaluateShard({
    ...shared(engine, subject),
    ...options,
    attack: { kind, parameters: { ...parameters, ...(epsilon === undefined ? {} : { epsilon }) } },
  });
}

/** Undefined: none is given. */
const epsilonOf = ({ epsilon }: Subject, { norm, budget, budgetFactor = 1 }: Budgeted) =>
  budget ? budgetFactor * epsilon[norm] : undefined;

const shared = (engine: Engine, { model, dataset }: Subject) => ({ engine, model, dataset, offset: 0, keepImages: false }) as const;

/** Distances from a result, in the units of budgets. */
const DISTANCES: Readonly<Record<Norm, (result: ShardResult, imageSize: number) => number[]>> = {
  LINF: ({ linf }) => [...linf],
  L2: ({ l2 }) => [...l2],
  L1: ({ l1 }) => [...l1],
  L0: ({ l0 }, imageSize) => Array.from(l0, (share) => share * imageSize),
};

export function lengthsOf(result: ShardResult, norm: Norm, { dataset }: Subject): Lengths {
  const size = dataset.info.imageShape.reduce((product, length) => product * length, 1);
  const distances = DISTANCES[norm](result, size);
  return distances.map((length, i) => (result.adversarialPrediction[i] === result.labels[i] ? null : length));
}

/** Percent of the images that are not fooled. */
export const robustAccuracy = (lengths: Lengths) => (100 * lengths.filter((length) => length === null).length) / lengths.length;

/** An image that is not fooled counts as one of endless length; null where the median is endless. */
export function medianLength(lengths: Lengths): number | null {
  const sorted = lengths.map((length) => length ?? Infinity).sort((a, b) => a - b);
  const middle = (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2;
  return Number.isFinite(middle) ? middle : null;
}

interface Run {
  readonly float: Lengths;
  readonly stored: Lengths;
  readonly queries: number;
  readonly gradients: number;
  readonly seconds: number;
}

export interface Sizes {
  readonly count: number;
  readonly seeds: number;
}

/** @throws what one of the sides refuses. */
export async function compare(
  engine: Engine,
  originals: Originals,
  subject: Subject,
  comparison: Comparison,
  { count, seeds }: Sizes,
): Promise<Omit<ComparisonRecord, 'theirs' | 'note'>> {
  const { norm, measure } = comparison;
  const ours: Run[] = [];
  const theirs: Run[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    ours.push(await oursOf(engine, subject, comparison, seed, count));
    theirs.push(await runTheirs(engine, originals, subject, comparison, { seed, count }));
  }
  const both = <T>(of: (runs: readonly Run[]) => T) => ({ ours: of(ours), theirs: of(theirs) });
  const outcome = (judged: 'float' | 'stored'): Outcome => ({
    robust: both((runs) => rounded(mean(runs.map((run) => robustAccuracy(run[judged]))))!),
    distance: both((runs) => rounded(meanOrNull(runs.map((run) => medianLength(run[judged]))))),
  });
  return {
    norm,
    measure,
    epsilon: epsilonOf(subject, comparison) ?? null,
    ours: comparison.ours,
    images: count,
    seeds,
    float: outcome('float'),
    stored: outcome('stored'),
    queries: both((runs) => rounded(mean(runs.map(({ queries }) => queries / count)))!),
    gradients: both((runs) => rounded(mean(runs.map(({ gradients }) => gradients / count)))!),
    seconds: both((runs) => rounded(mean(runs.map(({ seconds }) => seconds)))!),
    seedValues: both((runs) => runs.map(({ float }) => rounded(measure === 'ACCURACY' ? robustAccuracy(float) : medianLength(float)))),
    examples: both((runs) => runs[0]!.float.map(rounded)),
  };
}

async function oursOf(engine: Engine, subject: Subject, comparison: Comparison, seed: number, count: number): Promise<Run> {
  const [float, stored] = [
    await runOurs(engine, subject, comparison, { seed, count, judging: 'FLOAT' }),
    await runOurs(engine, subject, comparison, { seed, count, judging: 'STORED' }),
  ];
  return {
    float: lengthsOf(float, comparison.norm, subject),
    stored: lengthsOf(stored, comparison.norm, subject),
    queries: sum(float.queries),
    gradients: sum(float.gradients),
    seconds: float.seconds,
  };
}

/** The original of a comparison on the same images; whether it succeeded is decided on as for ours. */
export async function runTheirs(
  engine: Engine,
  originals: Originals,
  subject: Subject,
  comparison: Pick<Comparison, 'theirs'> & Budgeted,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<Run> {
  const { norm } = comparison;
  const epsilon = epsilonOf(subject, comparison);
  const { images, ...spent } = await originals.run(subject, comparison, epsilon, seed, count);
  const budget: Budget = { norm, epsilon: epsilon ?? Infinity };
  const decided = async (judging: Judging) =>
    lengthsOf(await evaluateShard({ ...shared(engine, subject), count, imported: { images, budget }, judging }), norm, subject);
  return { float: await decided('FLOAT'), stored: await decided('STORED'), ...spent };
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0);
const mean = (numbers: readonly number[]) => sum(numbers) / numbers.length;
const meanOrNull = (numbers: readonly (number | null)[]) => {
  const known = numbers.filter((number) => number !== null);
  return known.length === numbers.length ? mean(known) : null;
};

/** To what differs between machines anyway. */
function rounded(value: number): number;
function rounded(value: number | null): number | null;
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(5));
}
