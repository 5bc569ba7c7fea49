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
  /** Examples of the first part. */
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
/** Times the usual length, that a part of a long job takes at most. Few examples take almost as long as some more where an attack has thousands of steps. */
const LONGER = 4;
/** Parts that are left for each worker, from which on a job is long. */
const LONG = 3;
/** Of the time of a part, that its steps take at most, as far as `LONGER` allows. */
const MOST_FIXED = 0.2;
/** Of the time of a large part, that its examples take at least: a part is at most so many times larger than those that were timed. */
const LEAST_SHARE = 0.1;
const FURTHER = 8;

/**
 * A long job is planned in three steps: a small part, then what the workers take at once, and then the rest, by what both sizes took: an attack of thousands of steps
 * takes a time for its steps alone, however few examples are left, which the first part cannot tell from the time of its examples.
 * @param done parts that were planned by the same function. No result depends on where parts begin and end.
 */
export function planRanges(done: readonly PartSummary[], plan: RangePlan): Plan<Range> {
  const end = plan.offset + plan.count;
  const from = done.reduce((at, { input }) => Math.max(at, endOf(input as unknown as Range)), plan.offset);
  if (from >= end) return {};
  const [first] = done;
  if (!first) return { parts: [partOf(plan.offset, Math.min(plan.first, plan.most, plan.count))] };
  const cost = costOf(done);
  const passesEach = first.passes === null ? undefined : first.passes / countOf(first);
  const { partSeconds, multiple = 1 } = plan;
  const workers = Math.max(1, plan.workers);
  const share = cost.fixed + (cost.each * (end - from)) / (PARTS_EACH * workers);
  const seconds = Math.min(LONGER * partSeconds, Math.max(partSeconds, share, cost.fixed / MOST_FIXED));
  // At least as long for its examples as for its steps.
  const forExamples = Math.max(seconds - cost.fixed, cost.fixed);
  const size = Math.max(1, Math.min(plan.most, cost.most, Math.floor(forExamples / cost.each)));
  // Two parts of one size would say the same.
  const least = done.length === 1 ? 2 * countOf(first) : 1;
  const rounded = Math.min(plan.most, Math.ceil(Math.max(size, least) / multiple) * multiple);
  const rest = Math.ceil((end - from) / rounded);
  // Parts of one size: the last is not left with a few examples.
  const even = Math.ceil((end - from) / rest);
  // As many as workers take at once. Where parts cannot be larger anyway, there is nothing to learn.
  const isTrial = done.length === 1 && rounded < plan.most && rest >= LONG * workers;
  const now = isTrial ? LANES.compute * workers : rest;
  const parts = [];
  for (let i = 0, offset = from; i < now && offset < end; i++, offset += even) {
    const count = Math.min(even, end - offset);
    parts.push(partOf(offset, count, cost.fixed + cost.each * count, passesEach));
  }
  return { parts };
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

const endOf = ({ offset, count }: Range) => offset + count;
const countOf = ({ input }: PartSummary) => (input as unknown as Range).count;

const partOf = (offset: number, count: number, seconds?: number, passesEach?: number) => ({
  input: { offset, count },
  units: count,
  seconds,
  passes: passesEach && passesEach * count,
});
