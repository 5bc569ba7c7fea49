/** The smallest change along one direction that reaches a wrong class, or the target, as Rozsa et al. 2016 look for it: growing steps, then halvings. @module */
import { floats, type HostTensor } from '../../tensors/index.js';
import { BlackBox } from '../core/black-box.js';
import { Shortest } from '../core/shortest.js';
import { clipped } from '../core/image-arrays.js';
import type { SearchResult } from '../core/minimum-norm.js';
import { L2 } from '../norms/l2.js';
import type { AttackTask } from '../core/definition.js';

/** The first length (L2), and by what each next one is longer. */
const [FIRST, GROWTH] = [1 / 16, 1.2];

/** Halvings of the interval between the last length that does not fool and the first that does. */
const HALVINGS = 8;

/** @param directions one of each example, of any length. A zero direction leads nowhere. */
export async function lineSearch(task: AttackTask, directions: HostTensor): Promise<SearchResult> {
  const box = new BlackBox(task, { norm: 'L2', epsilon: Infinity }, Infinity);
  const shortest = new Shortest(task, box, (change) => L2.length(change));
  const { size } = box;
  const units = normalised(floats(directions), size);
  const [right, wrong] = [new Float32Array(task.labels.length), new Float32Array(task.labels.length)];
  const look = async (examples: Int32Array, lengthOf: (example: number) => number) => {
    await box.decisions(
      examples,
      (at, image) => {
        const i = examples[at]!;
        const [original, length] = [box.original(i), lengthOf(i)];
        for (let p = 0, from = i * size; p < size; p++) image[p] = clipped(original[p]! + length * units[from + p]!);
        box.round(image);
      },
      (at, image, predicted) => {
        const i = examples[at]!;
        const isReached = box.isReached(i, predicted);
        (isReached ? wrong : right)[i] = lengthOf(i);
        if (isReached) shortest.take(i, image);
      },
    );
  };
  // No change of an image is longer than the diagonal of the pixel cube.
  for (let length = FIRST; length < GROWTH * Math.sqrt(size); length *= GROWTH) {
    await look(
      box.asking().filter((i) => wrong[i] === 0),
      () => length,
    );
  }
  const found = box.asking().filter((i) => wrong[i]! > 0);
  for (let halving = 0; halving < HALVINGS; halving++) await look(found, (i) => (right[i]! + wrong[i]!) / 2);
  return { ...shortest.found(), gradients: new Int32Array(task.labels.length).fill(1) };
}

/** Directions of length 1. By their largest value first, so that the squares of tiny gradients do not vanish. */
function normalised(directions: Float32Array, size: number): Float32Array {
  const units = directions.slice();
  for (let from = 0; from < units.length; from += size) {
    const unit = units.subarray(from, from + size);
    let largest = 0;
    for (const value of unit) largest = Math.max(largest, Math.abs(value));
    if (largest === 0) continue;
    for (let p = 0; p < size; p++) unit[p]! /= largest;
    const length = L2.length(unit);
    for (let p = 0; p < size; p++) unit[p]! /= length;
  }
  return units;
}
