/** Ranges of examples as parts: a small one first, which is timed, and then the others, each of about as many seconds as a part is to take. @module */
import { LANES } from './queue.js';
import type { PartSummary, Plan } from './types.js';

export interface Range {
  readonly offset: number;
  readonly count: number;
}

export interface RangePlan extends Range {
  /** Most examples of a part. */
  readonly most: number;
  /** Examples of a first part. */
  readonly first: number;
  /** Parts are multiples of this, where they can be. */
  readonly multiple?: number;
  /** Seconds that a part is to take. */
  readonly partSeconds: number;
  /** That are alive. */
  readonly workers: number;
}

/** Parts that each worker has of a long job, so that all end at about the same time. */
const PARTS_EACH = 4;
/** Times the usual length, that a part of a long job takes at most. */
const LONGER = 4;
/** The same where steps take long: few examples take almost as long as some more where an attack has thousands of them. */
const LONGER_FOR_STEPS = 8;
/** Parts that are left for each worker, from which on a job is long. */
const LONG = 3;
/** Times as many examples as in the first parts, that those of the second step have at least, since parts of one size would say the same; fewer where they may take long. */
const [TRIAL, SHORT_TRIAL] = [4, 2];
/** Of the usual length, below which a first part is short. */
const SHORT = 0.5;
/** Of the time of a part, that its steps take at most, as far as `LONGER_FOR_STEPS` allows. */
const MOST_FIXED = 0.1;
/** Of the time of a large part, that its examples take at least: a part is at most so many times larger than those that were timed. */
const LEAST_SHARE = 0.1;
const FURTHER = 8;

/**
 * A long job is planned in three steps: a small part for each worker, a larger one for each, and then the rest, by what both sizes took: an attack of thousands of steps
 * takes a time for its steps alone, however few examples are left, which the first parts cannot tell from the time of their examples.
 * @param done parts that were planned by the same function. No result depends on where parts begin and end.
 */
export function planRanges(done: readonly PartSummary[], plan: RangePlan): Plan<Range> {
  const end = plan.offset + plan.count;
  const from = done.reduce((at, { input }) => Math.max(at, endOf(input as unknown as Range)), plan.offset);
  if (from >= end) return {};
  const { partSeconds, multiple = 1 } = plan;
  const workers = Math.max(1, plan.workers);
  const [first] = done;
  if (!first) return { parts: partsFrom(plan.offset, end, Math.min(plan.first, plan.most), workers) };
  const left = end - from;
  const cost = costOf(done);
  const passesEach = first.passes === null ? undefined : first.passes / countOf(first);
  const share = secondsFor(cost, left / (PARTS_EACH * workers));
  const seconds = Math.max(
    Math.min(LONGER * partSeconds, Math.max(partSeconds, share)),
    Math.min(LONGER_FOR_STEPS * partSeconds, cost.fixed / MOST_FIXED, secondsFor(cost, left / workers)),
  );
  // At least as long for its examples as for its steps.
  const forExamples = Math.max(seconds - cost.fixed, cost.fixed);
  const size = Math.max(1, Math.min(plan.most, cost.most, Math.floor(forExamples / cost.each)));
  const isSecond = done.every((part) => countOf(part) <= plan.first);
  const trial = TRIAL * countOf(first) * cost.each <= LONGER_FOR_STEPS * partSeconds ? TRIAL : SHORT_TRIAL;
  const least = isSecond ? trial * countOf(first) : 1;
  const rounded = Math.min(plan.most, Math.ceil(Math.max(size, least) / multiple) * multiple);
  // What would be long as one part is shared by all.
  const isLong = secondsFor(cost, left) > partSeconds;
  const rest = Math.max(Math.ceil(left / rounded), isLong ? Math.min(workers, left) : 1);
  // Parts of one size, as many for each worker: none is left with a few examples, and no worker without a part at the end.
  const even = Math.ceil(left / (rest > workers ? Math.ceil(rest / workers) * workers : rest));
  // Where parts cannot be larger anyway, there is nothing to learn.
  const isTrial = isSecond && rounded < plan.most && rest >= LONG * workers;
  // A worker may take several at once. Of short parts each worker has some even then.
  const isShort = cost.each * countOf(first) < SHORT * partSeconds;
  const most = isTrial ? (isShort ? LANES.compute * workers : workers) : Infinity;
  return { parts: partsFrom(from, end, even, most, cost, passesEach) };
}

/** At most so many parts of a size. */
function partsFrom(from: number, end: number, size: number, most: number, cost?: Cost, passesEach?: number) {
  const parts = [];
  for (let offset = from; parts.length < most && offset < end; offset += size) {
    const count = Math.min(size, end - offset);
    const input = { offset, count };
    parts.push({ input, units: count, seconds: cost && secondsFor(cost, count), passes: passesEach && passesEach * count });
  }
  return parts;
}

/** Seconds of a part: `fixed`, and `each` for an example. */
interface Cost {
  readonly fixed: number;
  readonly each: number;
  /** Most examples of a part that these figures say something about. */
  readonly most: number;
}

/** The line through what the smallest and the largest parts took: the quickest of each, as others waited for their turn on their worker. */
function costOf(done: readonly PartSummary[]): Cost {
  const counts = done.map(countOf);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const [short, long] = [least, most].map((count) =>
    Math.min(...done.filter((part) => countOf(part) === count).map(({ seconds }) => seconds!)),
  );
  if (least === most) return { fixed: 0, each: long! / most, most: Infinity };
  // Neither is below zero, whatever the noise.
  const each = Math.min(long! / most, Math.max((long! - short!) / (most - least), LEAST_SHARE * (long! / most)));
  return { fixed: long! - each * most, each, most: FURTHER * most };
}

/** That a part of so many examples takes. */
const secondsFor = ({ fixed, each }: Cost, count: number) => fixed + each * count;

const endOf = ({ offset, count }: Range) => offset + count;
const countOf = ({ input }: PartSummary) => (input as unknown as Range).count;
