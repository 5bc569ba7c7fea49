/** What decision attacks share whose search is written for one example: start, search, and what success is decided on in the end. @module */
import type { RandomStream } from '../../random.js';
import { BlackBox } from '../core/black-box.js';
import type { AttackTask } from '../core/definition.js';
import { row } from '../core/image-arrays.js';
import type { SearchResult } from '../core/minimum-norm.js';
import { Shortest } from '../core/shortest.js';
import { findStarts, type References, withoutStart } from './decision-start.js';
import { takeJudged } from './take-judged.js';
import { type Asking, searchTogether } from './together.js';

/** What the search of one example is given. */
export interface OneExample {
  readonly original: Float32Array;
  /** The best point so far, which reaches the goal: the search writes better ones into it. */
  readonly best: Float32Array;
  readonly stream: RandomStream;
  /** Queries that it may still ask. */
  left(): number;
}

interface DecisionSearch {
  readonly queries: number;
  readonly startTries: number;
  /** Names the random draws. */
  readonly purpose: string;
  lengthOf(change: Float32Array): number;
  search(example: OneExample): Asking;
}

/** Starts from noise or other images, searches, and takes the best points as success is decided on them. */
export async function searchFromStarts(
  task: AttackTask,
  references: References | undefined,
  { queries, startTries, purpose, lengthOf, search }: DecisionSearch,
): Promise<SearchResult> {
  const box = new BlackBox(task, { norm: 'L2', epsilon: Infinity }, queries);
  const shortest = new Shortest(task, box, lengthOf);
  const { images, examples } = await findStarts(task, box, shortest, references, startTries);
  await searchTogether(box, examples, (i) =>
    search({
      original: box.original(i),
      best: row(images, box.size, i),
      stream: task.random.stream(i, purpose),
      left: () => box.left(i),
    }),
  );
  await takeJudged(box, shortest, examples, (i) => row(images, box.size, i));
  return { ...shortest.found(), withoutStart: withoutStart(task, examples) };
}

/** The same without a start: `best` holds the original until the search has found a point that reaches the goal. */
export async function searchFromOriginals(
  task: AttackTask,
  { queries, purpose, lengthOf, search }: Omit<DecisionSearch, 'startTries'>,
): Promise<SearchResult> {
  const box = new BlackBox(task, { norm: 'L2', epsilon: Infinity }, queries);
  const shortest = new Shortest(task, box, lengthOf);
  const examples = box.asking();
  const images = Float32Array.from(task.images.data);
  await searchTogether(box, examples, (i) =>
    search({
      original: box.original(i),
      best: row(images, box.size, i),
      stream: task.random.stream(i, purpose),
      left: () => box.left(i),
    }),
  );
  const changed = examples.filter((i) => shortest.distance(i, row(images, box.size, i)) > 0);
  await takeJudged(box, shortest, changed, (i) => row(images, box.size, i));
  return shortest.found();
}
