/**
 * The attack of Brendel et al. 2019: along the class boundary, from a wrong class's side, to the nearest image. Each step is the best one for the linear form of the
 * boundary within a trust region that shrinks.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Norm } from '../../distances/index.js';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { floats, type HostTensor } from '../../tensors/index.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { imageSize, row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { NOTHING, type SearchResult, smallestChange } from '../core/minimum-norm.js';
import { hostLengthIn } from '../norms/lengths.js';
import { boundaryStarts, type ClassifiedImages, prepareOthers } from './boundary-start.js';
import { goalMargin, reachedBy } from './goal.js';
import { CAPPED } from './norms.js';
import { classes } from './steps.js';
import { longEnoughToStore } from './stored.js';
import { trustRegionStep } from './trust-region.js';

const PARAMETERS = {
  steps: integer({ default: 1000, minimum: 1, maximum: 100_000, description: "Number of steps. The default is Foolbox's." }),
  learningRate: real({
    default: 1e-3,
    minimum: 1e-9,
    maximum: 10,
    description: "Radius of the trust region (L2) at first, over the number of pixel values. The default is Foolbox's.",
  }),
  learningRateDecay: real({ default: 0.5, minimum: 0, maximum: 1, description: "By which the radius shrinks. The default is Foolbox's." }),
  decays: integer({ default: 20, minimum: 1, maximum: 1000, description: "How often it shrinks. The default is Foolbox's." }),
  overshoot: real({
    default: 1.1,
    minimum: 1,
    maximum: 2,
    description: "How far beyond the boundary a step from the true class's side goes; 1 ends on it. The default is Foolbox's.",
  }),
  momentum: real({ default: 0.8, minimum: 0, maximum: 0.999, description: "Weight of earlier slopes. The default is Foolbox's." }),
  binarySearchSteps: integer({
    default: 10,
    minimum: 1,
    maximum: 50,
    description: "Halvings by which the start on the boundary is found, each a prediction. The default is Foolbox's.",
  }),
  ...TARGET_PARAMETERS,
};

export const brendelBethgeL0 = brendelBethge('L0');
export const brendelBethgeL1 = brendelBethge('L1');
export const brendelBethgeL2 = brendelBethge('L2');
export const brendelBethgeLinf = brendelBethge('LINF');

function brendelBethge(norm: Norm) {
  const { symbol, suffix, cap, budget } = CAPPED[norm];
  return defineAttack({
    kind: `BRENDEL_BETHGE_${norm}`,
    name: `brendelBethge${suffix}`,
    title: `Brendel & Bethge, ${symbol}`,
    description: `Follows the class boundary to the smallest change in ${symbol}, from an image of the data set beyond it: each step is the best within a trust region.`,
    access: 'GRADIENT',
    norms: [norm],
    targeted: true,
    reference: {
      title: 'Accurate, reliable and fast robustness evaluation',
      authors: 'Brendel, Rauber, Kümmerer, Ustyuzhaninov, Bethge',
      year: 2019,
      link: 'arXiv:1907.01003',
    },
    parameters: { epsilon: cap, ...PARAMETERS },
    budget,
    prepare: prepareOthers,
    run: (task: AttackTask<ClassifiedImages>, values) =>
      smallestChange(task, budget(values), 1, (left) => followBoundary(left, task.prepared!, norm, values)),
  });
}

async function followBoundary(
  task: AttackTask,
  others: ClassifiedImages,
  norm: Norm,
  { steps, learningRate, learningRateDecay, decays, overshoot, momentum, binarySearchSteps }: ValuesOf<typeof PARAMETERS>,
): Promise<SearchResult> {
  const n = task.labels.length;
  const size = imageSize(task.images);
  const original = floats(task.images);
  const start = await boundaryStarts(task, others, norm, binarySearchSteps);
  const images = floats(start).slice();
  const slopes = new Float32Array(images.length);
  const best = new Shortest(task, norm);
  const look = await compileBoundary(task);
  const interval = Math.max(1, Math.floor(steps / decays));
  let radius = learningRate * size;
  for (let step = 1; step <= steps; step++) {
    const { margin, slope, reached } = await look({ ...task.images, data: images });
    if ((step + 1) % interval === 0) radius *= learningRateDecay;
    for (let i = 0; i < n; i++) {
      const x = row(images, size, i);
      if (reached[i] === 1) best.take(i, x);
      const history = row(slopes, size, i);
      const kept = step === 1 ? 0 : momentum;
      for (let p = 0; p < size; p++) history[p] = kept * history[p]! + (1 - kept) * slope[i * size + p]!;
      const ahead = margin[i]! < 0 ? overshoot : 2 - overshoot;
      const problem = { original: row(original, size, i), x, slope: history, change: -ahead * margin[i]!, radius };
      const delta = trustRegionStep(norm, problem);
      for (let p = 0; p < size; p++) x[p] = Math.min(1, Math.max(0, x[p]! + delta[p]!));
    }
  }
  const { reached } = await look({ ...task.images, data: images });
  for (let i = 0; i < n; i++) if (reached[i] === 1) best.take(i, row(images, size, i));
  const queries = steps + 1 + binarySearchSteps * (task.predictions ?? 1);
  return longEnoughToStore(task, norm, best.found(queries, steps + 1));
}

/** The shortest change so far of each example, of floats. */
class Shortest {
  private readonly images: Float32Array;
  private readonly lengths: Float32Array;

  constructor(
    private readonly task: AttackTask,
    private readonly norm: Norm,
  ) {
    this.images = floats(task.images).slice();
    this.lengths = new Float32Array(task.labels.length).fill(NOTHING);
  }

  take(example: number, image: Float32Array): void {
    const original = row(floats(this.task.images), image.length, example);
    const length = hostLengthIn[this.norm](image.map((value, p) => value - original[p]!));
    if (length >= this.lengths[example]!) return;
    this.lengths[example] = length;
    this.images.set(image, example * image.length);
  }

  found(queries: number, gradients: number): SearchResult {
    const n = this.task.labels.length;
    return {
      images: { ...this.task.images, data: this.images },
      lengths: this.lengths,
      queries: new Int32Array(n).fill(queries),
      gradients: new Int32Array(n).fill(gradients),
    };
  }
}

/** @returns a function from images to their margins beyond the boundary, its slopes, and whether they are there. */
async function compileBoundary(task: AttackTask) {
  const { labels, direction } = aim(task);
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const compiled = await task.compile(`boundary.${direction}`, { image, aim: { dtype: 'int32', shape: [] } }, (logits, given) => {
    const goalClass = given['aim'] as tf.Tensor1D;
    const { scores, losses, gradient } = lossAndGradient(task, logits, given['image']!, goalMargin(task, goalClass));
    return { margin: losses, slope: gradient, reached: tf.cast(reachedBy(task, scores, goalClass), 'float32') };
  });
  return async (images: HostTensor) => {
    const { margin, slope, reached } = await compiled.run({ image: images, aim: classes(labels) }, { signal: task.signal });
    return { margin: floats(margin!), slope: floats(slope!), reached: floats(reached!) };
  };
}
