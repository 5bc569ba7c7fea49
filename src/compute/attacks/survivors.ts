/**
 * Examples that an attack has not fooled yet. The others leave the batch: restarts and further steps are spent only where they can still change the outcome.
 * @module
 */
import type { HostTensor } from '../engine/types.js';
import { argmaxRows } from '../metrics/predictions.js';
import { asStored } from '../metrics/stored-image.js';
import type { AttackOutput, AttackTask, Budget } from './types.js';

export class Survivors {
  /** Positions in the whole batch of the examples that are left. */
  private left: Int32Array;
  private readonly images: HostTensor;
  private readonly queries: Int32Array;
  private readonly gradients: Int32Array;

  /** Images that the model gets wrong as they are count as fooled from the start, and stay unchanged. */
  constructor(
    private readonly whole: AttackTask,
    private readonly budget: Budget,
  ) {
    const { images, labels, cleanLogits } = whole;
    const predicted = argmaxRows(cleanLogits);
    this.left = Int32Array.from(labels.keys()).filter((i) => predicted[i] === labels[i]);
    this.images = { ...images, data: images.data.slice() };
    this.queries = new Int32Array(labels.length);
    this.gradients = new Int32Array(labels.length);
  }

  get count(): number {
    return this.left.length;
  }

  /** What is left, as a task of its own. An example keeps its random stream. */
  task(): AttackTask {
    return subtask(this.whole, this.left);
  }

  /** Counts what an attack on {@link task} cost, one number for each example or the same for all. */
  spend(queries: number | Int32Array, gradients: number | Int32Array): void {
    for (const [row, i] of this.left.entries()) {
      this.queries[i]! += typeof queries === 'number' ? queries : queries[row]!;
      this.gradients[i]! += typeof gradients === 'number' ? gradients : gradients[row]!;
    }
  }

  /**
   * Takes the images of what is left and lets go of the examples that they fool, judged on the images as they would be stored: what the rounding to 8 bits
   * undoes is no success. Costs a query an example.
   * @returns rows of {@link task} that stay, in their order.
   */
  async release(candidates: HostTensor): Promise<Int32Array> {
    const { images, labels, predict } = this.task();
    const predicted = argmaxRows(await predict(asStored(images, candidates, this.budget)));
    this.spend(1, 0);
    const size = candidates.data.length / Math.max(1, labels.length);
    for (const [row, i] of this.left.entries()) this.images.data.set(candidates.data.subarray(row * size, (row + 1) * size), i * size);
    const staying = Int32Array.from(labels.keys()).filter((row) => predicted[row] === labels[row]);
    this.left = staying.map((row) => this.left[row]!);
    return staying;
  }

  output(): AttackOutput {
    return { images: this.images, queries: this.queries, gradients: this.gradients };
  }
}

function subtask(task: AttackTask, indices: Int32Array): AttackTask {
  return {
    ...task,
    images: gather(task.images, indices),
    labels: indices.map((i) => task.labels[i]!),
    cleanLogits: gather(task.cleanLogits, indices),
    random: { stream: (example, purpose) => task.random.stream(indices[example]!, purpose) },
  };
}

/** Rows of a tensor, copied in the order of their indices. */
export function gather({ dtype, shape, data }: HostTensor, indices: Int32Array): HostTensor {
  const row = shape.slice(1).reduce((product, size) => product * size, 1);
  const gathered = data.slice(0, indices.length * row);
  indices.forEach((from, to) => gathered.set(data.subarray(from * row, (from + 1) * row), to * row));
  return { dtype, shape: [indices.length, ...shape.slice(1)], data: gathered };
}
