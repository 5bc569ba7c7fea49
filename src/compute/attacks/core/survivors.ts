/**
 * Examples that an attack has not brought to its goal yet. The others leave the batch: restarts and further steps are spent only where they can still change the
 * outcome.
 * @module
 */
import { gather, type HostTensor } from '../../tensors/index.js';
import { asJudged, type Budget } from '../../distances/index.js';
import { decidedClasses, isReached, toAttack } from './goal.js';
import type { AttackOutput, AttackTask } from './definition.js';

export class Survivors {
  /** Positions in the whole batch of the examples that are in {@link task}. */
  private left: Int32Array;
  /** 1 where an example of the whole batch is where the attack wants it. */
  private readonly done: Uint8Array;
  /** 1 where its image is of a wrong class, though it need not be the target. */
  private readonly wrong: Uint8Array;
  private readonly budget: Budget;
  private readonly images: HostTensor;
  private readonly queries: Int32Array;
  private readonly gradients: Int32Array;

  /** Images that the model gets wrong as they are, or that are of the target, are done from the start, and stay unchanged. */
  constructor(
    private readonly whole: AttackTask,
    budget: Budget,
  ) {
    this.budget = { ...budget, judging: whole.judging, levels: whole.levels };
    const { images, labels } = whole;
    this.done = new Uint8Array(labels.length).fill(1);
    for (const i of toAttack(whole)) this.done[i] = 0;
    this.wrong = new Uint8Array(labels.length);
    this.left = this.withoutDone(Int32Array.from(labels.keys()));
    this.images = { ...images, data: images.data.slice() };
    this.queries = new Int32Array(labels.length);
    this.gradients = new Int32Array(labels.length);
  }

  get count(): number {
    return this.left.length;
  }

  /** Examples that are not where the attack wants them, also where the others stay in the batch. */
  get undone(): number {
    return this.done.reduce((sum, done) => sum + 1 - done, 0);
  }

  /** Their positions in the whole batch. */
  get undonePositions(): Int32Array {
    return this.left.filter((i) => this.done[i] === 0);
  }

  /** What is left, as a task of its own. An example keeps its random stream. */
  task(): AttackTask {
    return subtask(this.whole, this.left);
  }

  /** Counts what an attack on {@link task} cost: the same for each example, or by its row. */
  spend(queries: number | Int32Array, gradients: number | Int32Array): void {
    for (const [row, i] of this.left.entries()) {
      this.queries[i]! += typeof queries === 'number' ? queries : queries[row]!;
      this.gradients[i]! += typeof gradients === 'number' ? gradients : gradients[row]!;
    }
  }

  /**
   * Takes images of what is left and lets go of the examples that reach the goal, measured on the images as success is decided on: what the rounding to 8 bits
   * undoes is none, unless floats are judged. On the way to a target, an image of a wrong class is kept rather than one of the true class. Costs the predictions
   * of each image that is looked at, unless they are `free`.
   * @param candidates an image for every row of {@link task}. @param rows those to look at. Default: all. @param free whether the evaluation of the attack makes these predictions anyway.
   * @returns rows of {@link task} that stay, in their order.
   */
  async release(candidates: HostTensor, rows: Int32Array = Int32Array.from(this.left.keys()), free = false): Promise<Int32Array> {
    const open = rows.filter((row) => this.done[this.left[row]!] === 0);
    const suspects = subtask(this.task(), open);
    const chosen = gather(candidates, open);
    const predicted = await decidedClasses(this.whole, asJudged(suspects.images, chosen, this.budget));
    const size = chosen.data.length / Math.max(1, open.length);
    for (const [at, row] of open.entries()) {
      const i = this.left[row]!;
      if (!free) this.queries[i]! += this.whole.predictions ?? 1;
      const isWrong = Number(predicted[at] !== suspects.labels[at]);
      if (this.wrong[i]! <= isWrong) this.images.data.set(chosen.data.subarray(at * size, (at + 1) * size), i * size);
      this.wrong[i]! |= isWrong;
      if (isReached(suspects, at, predicted[at]!)) this.done[i] = 1;
    }
    const before = this.left;
    this.left = this.withoutDone(before);
    return Int32Array.from(before.keys()).filter((row) => this.isIn(before[row]!));
  }

  output(): AttackOutput {
    return { images: this.images, queries: this.queries, gradients: this.gradients };
  }

  private isIn(i: number): boolean {
    return this.whole.compaction === false || this.done[i] === 0;
  }

  private withoutDone(positions: Int32Array): Int32Array {
    return positions.filter((i) => this.isIn(i));
  }
}

/** Some examples of a task, as a task of its own. An example keeps its random stream. */
export function subtask(task: AttackTask, indices: Int32Array): AttackTask {
  return {
    ...task,
    images: gather(task.images, indices),
    labels: indices.map((i) => task.labels[i]!),
    targets: task.targets && indices.map((i) => task.targets![i]!),
    positions: task.positions && indices.map((i) => task.positions![i]!),
    cleanLogits: gather(task.cleanLogits, indices),
    cleanPrediction: task.cleanPrediction && indices.map((i) => task.cleanPrediction![i]!),
    random: { stream: (example, purpose) => task.random.stream(indices[example]!, purpose) },
  };
}
