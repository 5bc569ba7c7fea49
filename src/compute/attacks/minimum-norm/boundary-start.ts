/** Where a search can start on the boundary: between the original and an image of the data set that reaches the goal, by bisection as in FMN's authors' code. @module */
import { asJudged, type Norm } from '../../distances/index.js';
import { argmaxRows, floats, gather, type HostTensor } from '../../tensors/index.js';
import type { AttackTask, Preparation } from '../core/definition.js';
import { decidedClasses, isReached } from '../core/goal.js';
import { row } from '../core/image-arrays.js';

/** Other images of the data set, and what the model takes them for. */
export interface ClassifiedImages {
  readonly images: Float32Array;
  readonly predicted: Int32Array;
}

/** How many of them. */
const OTHERS = 256;

/** The last images of the data set, for {@link boundaryStarts}. */
export async function prepareOthers({ examples }: Preparation): Promise<ClassifiedImages> {
  const { images, cleanLogits } = await examples(OTHERS);
  return { images: floats(images), predicted: argmaxRows(cleanLogits) };
}

/** The image at a share of the way from one to another, of the least change in the norm that such a share allows. */
type MidPoint = (from: Float32Array, to: Float32Array, share: number) => Float32Array;

const MID_POINTS: Readonly<Record<Norm, MidPoint>> = {
  /** The largest changes of this share of the pixel values. */
  L0: (from, to, share) => {
    const order = [...from.keys()].sort((p, q) => Math.abs(to[q]! - from[q]!) - Math.abs(to[p]! - from[p]!));
    const point = from.slice();
    for (const p of order.slice(0, Math.floor(share * from.length))) point[p] = to[p]!;
    return point;
  },
  L1: (from, to, share) => moved(from, to, (size) => Math.max(0, size - (1 - share))),
  L2: (from, to, share) => moved(from, to, (size) => share * size),
  LINF: (from, to, share) => moved(from, to, (size) => Math.min(size, share)),
};

function moved(from: Float32Array, to: Float32Array, lengthOf: (size: number) => number): Float32Array {
  return from.map((value, p) => value + Math.sign(to[p]! - value) * lengthOf(Math.abs(to[p]! - value)));
}

/**
 * @param halvings of the interval in which the class changes. Each costs a prediction.
 * @returns an image for each example, which reaches the goal; the original, where none of the others does.
 */
export async function boundaryStarts(task: AttackTask, others: ClassifiedImages, norm: Norm, halvings: number): Promise<HostTensor> {
  const { images, labels, model } = task;
  const [original, size] = [floats(images), model.spec.inputShape.reduce((product, length) => product * length, 1)];
  const goals = Int32Array.from(labels.keys(), (i) => nearestGoal(task, others, i, row(original, size, i)));
  const rows = Int32Array.from(labels.keys()).filter((i) => goals[i]! >= 0);
  const [low, high] = [new Float32Array(labels.length), new Float32Array(labels.length).fill(1)];
  const at = (i: number, share: number) => MID_POINTS[norm](row(original, size, i), row(others.images, size, goals[i]!), share);
  for (let halving = 0; halving < halvings && rows.length > 0; halving++) {
    const middle = (i: number) => (low[i]! + high[i]!) / 2;
    const originals = gather(images, rows);
    const points: HostTensor = { ...originals, data: new Float32Array(originals.data.length) };
    for (const [place, i] of rows.entries()) points.data.set(at(i, middle(i)), place * size);
    const predicted = await decidedClasses(
      task,
      asJudged(originals, points, { norm, epsilon: Infinity, judging: task.judging, levels: task.levels }),
    );
    for (const [place, i] of rows.entries()) (isReached(task, i, predicted[place]!) ? high : low)[i] = middle(i);
  }
  const starts = original.slice();
  for (const i of rows) starts.set(at(i, high[i]!), i * size);
  return { ...images, data: starts };
}

/** The nearest of the others (L2) that the model takes for what the attack is after; -1 where there is none. */
function nearestGoal(task: AttackTask, { images, predicted }: ClassifiedImages, example: number, original: Float32Array): number {
  let [nearest, shortest] = [-1, Infinity];
  for (const [at, label] of predicted.entries()) {
    if (!isReached(task, example, label)) continue;
    const image = row(images, original.length, at);
    const squares = original.reduce((sum, value, p) => sum + (image[p]! - value) ** 2, 0);
    if (squares < shortest) [nearest, shortest] = [at, squares];
  }
  return nearest;
}
