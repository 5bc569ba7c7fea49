/** Random search on scores: proposes a change of the best image so far and keeps what lowers the objective. @module */
import { floats } from '../../tensors/index.js';
import { BlackBox, classOf } from '../core/black-box.js';
import { row } from '../core/image-arrays.js';
import type { Objective } from '../core/objectives.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { Budget } from '../../distances/index.js';

export interface RandomSearch {
  readonly budget: Budget;
  readonly queries: number;
  readonly objective: Objective;
  /** Objectives that the first candidates have to beat, one an example. */
  readonly initial: Float64Array;
  /**
   * Changes the best image so far of an example into the next candidate.
   * @param asked queries of the example before this one. @param kept whether the candidate before became the best image; true at first.
   */
  propose(example: number, image: Float32Array, original: Float32Array, asked: number, kept: boolean): void;
}

/** One query of every example at a time. */
export async function randomSearch(
  task: AttackTask,
  { budget, queries, objective, initial, propose }: RandomSearch,
): Promise<AttackOutput> {
  const box = new BlackBox(task, budget, queries);
  const best = floats(task.images).slice();
  const lowest = initial.slice();
  const kept = new Uint8Array(task.labels.length).fill(1);
  for (let examples = box.asking(); examples.length > 0; examples = box.asking()) {
    const suspects: number[] = [];
    await box.scores(
      examples,
      (at, image) => {
        const i = examples[at]!;
        image.set(row(best, box.size, i));
        propose(i, image, box.original(i), queries - box.left(i), kept[i] === 1);
      },
      (at, image, scores) => {
        const i = examples[at]!;
        const value = objective(i, scores);
        const isReached = box.isReached(i, classOf(scores));
        kept[i] = Number(value < lowest[i]! || isReached);
        if (kept[i] === 0) return;
        lowest[i] = value;
        best.set(image, i * box.size);
        if (isReached) suspects.push(i);
      },
    );
    if (suspects.length > 0) await box.release(Int32Array.from(suspects), best);
  }
  for (const i of task.labels.keys()) box.keep(i, row(best, box.size, i));
  return box.output();
}
