/** A model that is only asked. Counts what every example has asked, and knows which are still worth asking about. @module */
import { asJudged, type Budget } from '../../distances/index.js';
import { decidedClasses, isReached, toAttack } from './goal.js';
import { roundToLevels, row } from './image-arrays.js';
import { floats, gather, type HostTensor } from '../../tensors/index.js';
import type { AttackOutput, AttackTask } from './definition.js';
import { integer } from '../../parameters/index.js';

/** Most pixel values of images that are asked about at once: 32 MB. */
const MOST_VALUES = 2 ** 23;

/** Parameter of attacks with a query limit. */
export function queryLimit(value: number) {
  return integer({
    default: value,
    minimum: 1,
    maximum: 1_000_000,
    description:
      'Most queries of each example; one that is fooled, or has reached its target, asks no more. A decision by several predictions is one.',
  });
}

/** Writes the image that a row asks about. `image` holds no meaningful values before. */
export type Draw = (row: number, image: Float32Array) => void;

export class BlackBox {
  /** Pixel values of one image. */
  readonly size: number;
  private readonly budget: Budget;
  /** What each example has asked, of {@link limit}. */
  private readonly asked: Int32Array;
  /** Forward passes: a question that several predictions answer costs as many. */
  private readonly spent: Int32Array;
  private readonly images: Float32Array;
  private readonly toAttack: Int32Array;
  /** 1 where an example has reached the goal. */
  private readonly done: Uint8Array;
  /** Examples that one prediction, of several that decide, says to have reached it. */
  private readonly suspects = new Set<number>();

  /**
   * Images that the model gets wrong as they are, or that are of the target, stay unchanged and ask nothing.
   * @param limit most queries of each example.
   */
  constructor(
    private readonly task: AttackTask,
    budget: Budget,
    private readonly limit: number,
  ) {
    this.budget = { ...budget, judging: task.judging, levels: task.levels };
    this.size = task.images.data.length / Math.max(1, task.labels.length);
    this.asked = new Int32Array(task.labels.length);
    this.spent = new Int32Array(task.labels.length);
    this.images = floats(task.images).slice();
    this.toAttack = toAttack(task);
    this.done = new Uint8Array(task.labels.length);
  }

  /** Predictions that decide on the class of an image. */
  private get predictions(): number {
    return this.task.predictions ?? 1;
  }

  /** Examples that have not reached the goal yet and may ask at least `count` more queries. */
  asking(count = 1): Int32Array {
    const stays = (i: number) => this.done[i] === 0 || this.task.compaction === false;
    return this.toAttack.filter((i) => stays(i) && this.left(i) >= count);
  }

  /** Queries that an example may still ask. */
  left(example: number): number {
    return this.limit - this.asked[example]!;
  }

  original(example: number): Float32Array {
    return row(floats(this.task.images), this.size, example);
  }

  /**
   * Asks for scores. Neighbouring rows of an even and an odd number are asked about together.
   * @param owners the example of each row. @param see takes a row's image and its scores, in the order of the rows. Both are valid until the next pair.
   */
  async scores(owners: Int32Array, draw: Draw, see: (row: number, image: Float32Array, scores: Float32Array) => void): Promise<void> {
    const { classCount } = this.task.model.spec;
    await this.ask(owners, draw, 1, async (images) => {
      const answers = floats(await this.task.predict(images));
      return (at, from, image) => see(from + at, image, row(answers, classCount, at));
    });
  }

  /** Asks for classes and nothing else: what an attack that sees only decisions may use. A random model is asked for as many predictions as decide on success. */
  async decisions(owners: Int32Array, draw: Draw, see: (row: number, image: Float32Array, predicted: number) => void): Promise<void> {
    await this.ask(owners, draw, this.predictions, async (images) => {
      const answers = await decidedClasses(this.task, images);
      return (at, from, image) => see(from + at, image, answers[at]!);
    });
  }

  /** @param answer takes images, and returns what becomes of the answer to each. */
  private async ask(
    owners: Int32Array,
    draw: Draw,
    queries: number,
    answer: (images: HostTensor) => Promise<(at: number, from: number, image: Float32Array) => void>,
  ): Promise<void> {
    const { inputShape } = this.task.model.spec;
    const most = 2 * Math.max(1, Math.floor(MOST_VALUES / (2 * this.size)));
    for (let from = 0; from < owners.length; from += most) {
      const count = Math.min(most, owners.length - from);
      const data = new Float32Array(count * this.size);
      for (let at = 0; at < count; at++) draw(from + at, row(data, this.size, at));
      const see = await answer({ dtype: 'float32', shape: [count, ...inputShape], data });
      for (let at = 0; at < count; at++) {
        this.asked[owners[from + at]!]!++;
        this.spent[owners[from + at]!]! += queries;
        see(at, from, row(data, this.size, at));
      }
    }
  }

  /** Whether a class is what the attack is after: a wrong one, or the target. */
  isReached(example: number, predicted: number): boolean {
    return isReached(this.task, example, predicted);
  }

  /**
   * Takes images of some examples and lets go of those that reach the goal, measured on the images as success is decided on: what the rounding to 8 bits undoes is
   * none, unless floats are judged. Costs each a query, where it has one left.
   * @param images `[n, ...]`, of all examples.
   */
  async release(examples: Int32Array, images: Float32Array): Promise<void> {
    const open = examples.filter((i) => this.done[i] === 0);
    for (const i of open) this.keep(i, row(images, this.size, i));
    const candidateRows = open.filter((i) => this.left(i) > 0);
    if (candidateRows.length === 0) return;
    const candidates = gather({ ...this.task.images, data: images }, candidateRows);
    const judged = floats(asJudged(gather(this.task.images, candidateRows), candidates, this.budget));
    await this.decisions(
      candidateRows,
      (at, image) => image.set(row(judged, this.size, at)),
      (at, _image, predicted) => {
        if (this.isReached(candidateRows[at]!, predicted)) this.done[candidateRows[at]!] = 1;
      },
    );
  }

  /** Lets go of an example that reaches the goal with an image of 8 bits: now, or by {@link confirm} where one prediction does not decide. */
  finish(example: number, image: Float32Array): void {
    this.keep(example, image);
    if (this.predictions === 1) this.done[example] = 1;
    else this.suspects.add(example);
  }

  /** Decides on the examples that {@link finish} could not. */
  async confirm(): Promise<void> {
    if (this.suspects.size === 0) return;
    const examples = Int32Array.from(this.suspects);
    this.suspects.clear();
    await this.release(examples, this.images);
  }

  /** Rounds an image to the data's levels, unless floats are judged: the image that is asked about is the one that success is decided on. */
  round(image: Float32Array): void {
    if (this.budget.judging !== 'FLOAT') roundToLevels(image, this.budget.levels);
  }

  /** Takes the best image so far of an example, unless it has reached the goal already. */
  keep(example: number, image: Float32Array): void {
    if (this.done[example] === 0) this.images.set(image, example * this.size);
  }

  output(): AttackOutput {
    return { images: { ...this.task.images, data: this.images }, queries: this.spent, gradients: new Int32Array(this.spent.length) };
  }
}

/** The class with the highest score; the lowest of them, where several have it. */
export function classOf(scores: Float32Array): number {
  let best = 0;
  for (let c = 1; c < scores.length; c++) if (scores[c]! > scores[best]!) best = c;
  return best;
}
