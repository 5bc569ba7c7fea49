/** Ranges of examples as parts: a small one first, which is timed, and then the others, each of about as many seconds as a part is to take. @module */
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
}

/** @param done parts that were planned by the same function. No result depends on where parts begin and end. */
export function planRanges(done: readonly PartSummary[], plan: RangePlan): Plan<Range> {
  const end = plan.offset + plan.count;
  const from = done.reduce((at, { input }) => Math.max(at, endOf(input as unknown as Range)), plan.offset);
  if (from >= end) return {};
  const [first] = done;
  if (!first) return { parts: [partOf(plan.offset, Math.min(plan.first, plan.most, plan.count))] };
  const secondsEach = first.seconds! / (first.input as unknown as Range).count;
  const size = Math.max(1, Math.min(plan.most, Math.floor(plan.partSeconds / secondsEach)));
  const { multiple = 1 } = plan;
  const rounded = Math.min(plan.most, Math.ceil(size / multiple) * multiple);
  // Parts of one size: the last is not left with a few examples.
  const even = Math.ceil((end - from) / Math.ceil((end - from) / rounded));
  const parts = [];
  for (let offset = from; offset < end; offset += even) parts.push(partOf(offset, Math.min(even, end - offset), secondsEach));
  return { parts };
}

const endOf = ({ offset, count }: Range) => offset + count;

const partOf = (offset: number, count: number, secondsEach?: number) => ({
  input: { offset, count },
  units: count,
  ...(secondsEach === undefined ? {} : { seconds: secondsEach * count }),
});
