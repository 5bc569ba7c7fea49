/** What attacks share that look for the smallest change that reaches a wrong class, or their target. @module */
import { type Budget, effectiveEpsilon } from '../../distances/index.js';
import type { HostTensor } from '../../tensors/index.js';
import type { AttackOutput, AttackTask } from './definition.js';
import { toAttack } from './goal.js';
import { subtask } from './survivors.js';

/** Longer than any change of an image: nothing found yet. */
export const NOTHING = 1e9;

/** Lengths are sums of float32 numbers. */
const LENGTH_TOLERANCE = 1e-6;

/** What a search found, one row an example. */
export interface SearchResult {
  /** Images that reach the goal. */
  readonly images: HostTensor;
  /** Lengths of their changes; {@link NOTHING} where there is none. */
  readonly lengths: Float32Array;
  readonly queries: Int32Array;
  readonly gradients: Int32Array;
  /** See {@link AttackOutput}. */
  readonly withoutStart?: Uint8Array;
}

/** Nothing found yet, and nothing spent. */
export function nothingFound({ images, labels }: AttackTask): SearchResult {
  const n = labels.length;
  const lengths = new Float32Array(n).fill(NOTHING);
  return { images: { ...images, data: images.data.slice() }, lengths, queries: new Int32Array(n), gradients: new Int32Array(n) };
}

/** Adds what was found for some examples, where it is shorter, and what that cost. @param rows where those are in `all`. */
export function keepShorter(all: SearchResult, found: SearchResult, rows: Int32Array): void {
  const size = all.images.data.length / Math.max(1, all.lengths.length);
  for (const [at, row] of rows.entries()) {
    all.queries[row]! += found.queries[at]!;
    all.gradients[row]! += found.gradients[at]!;
    if (found.lengths[at]! >= all.lengths[row]!) continue;
    all.lengths[row] = found.lengths[at]!;
    all.images.data.set(found.images.data.subarray(at * size, (at + 1) * size), row * size);
  }
}

/**
 * Searches from several starts and keeps the smallest change of each example. Images that the model gets wrong as they are, or that are of the target, stay
 * unchanged and cost nothing; an image that nothing is found for stays unchanged, whatever other wrong class the search went through. Under a limit, so do
 * images that need a longer change, and starts are spent only on those that nothing within the limit was found for.
 */
export async function smallestChange(
  task: AttackTask,
  budget: Budget,
  starts: number,
  search: (left: AttackTask, start: number) => Promise<SearchResult>,
): Promise<AttackOutput> {
  const all = nothingFound(task);
  const withoutStart = new Uint8Array(task.labels.length);
  const longest = Math.max(budget.epsilon, effectiveEpsilon({ ...budget, judging: task.judging, levels: task.levels })) + LENGTH_TOLERANCE;
  let left = toAttack(task);
  for (let start = 0; start < starts && left.length > 0; start++) {
    const found = await search(subtask(task, left), start);
    const lengths = found.lengths.map((length) => (length <= longest ? length : NOTHING));
    keepShorter(all, { ...found, lengths }, left);
    for (const [at, i] of left.entries()) withoutStart[i] = found.withoutStart?.[at] ?? 0;
    if (longest < Infinity) left = left.filter((i) => all.lengths[i] === NOTHING);
  }
  return { ...all, withoutStart };
}
