/**
 * PGD in L0 (Croce & Hein 2019): steps along the gradient, each followed by a projection that leaves the k pixels whose changes within the range matter most, in all
 * of their channels.
 * @module
 */
import type { Budget } from '../../distances/index.js';
import { integer, real } from '../../parameters/index.js';
import { floats, type HostTensor } from '../../tensors/index.js';
import { defineAttack } from '../core/definition.js';
import { TARGET_PARAMETERS, hasTarget } from '../core/labels.js';
import { imageSize, row } from '../core/image-arrays.js';
import { RESTARTS, SMALLEST_STEP } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { randomlyChanged } from '../core/random-images.js';
import { Survivors } from '../core/survivors.js';
import { fewestPixels } from '../norms/l0.js';
import { classesOfLoss, GRADIENT_OPTIONS, planOf } from './options.js';

/** Of the authors' code for CIFAR-10: the length of a step, over the number of pixel values. */
const STEP_SHARE = 120_000 / 255 / 3072;

export const pgdL0 = defineAttack({
  kind: 'PGD_L0',
  name: 'pgdL0',
  title: 'PGD, L0',
  description:
    'Projected gradient descent on a number of pixels: after each step, the pixels that changed least go back to their original values.',
  access: 'GRADIENT',
  norms: ['L0'],
  targeted: true,
  reference: {
    title: 'Sparse and Imperceivable Adversarial Attacks',
    authors: 'Croce, Hein',
    year: 2019,
    link: 'arXiv:1909.05040',
  },
  parameters: {
    pixels: integer({
      default: 10,
      minimum: 1,
      maximum: 1_000_000,
      description: 'k: most pixels that change, in all their channels. Papers take 10 to 50 for images of 28 × 28 and 32 × 32 pixels.',
    }),
    steps: integer({ default: 100, minimum: 1, maximum: 10_000, description: 'Number of steps of each start.' }),
    alpha: real({
      minimum: SMALLEST_STEP,
      maximum: 1_000_000,
      description:
        "Length of a step (L1): the sum of its changes, which may leave the range before they are cut off. Absent: a seventh of the number of pixel values, as in the authors' code for CIFAR-10, 120,000 / 255 of 3,072.",
    }),
    restarts: RESTARTS,
    ...GRADIENT_OPTIONS,
    bestIterate: { ...GRADIENT_OPTIONS.bestIterate, default: true },
    ...TARGET_PARAMETERS,
  },
  budget,
  classesOf: (parameters) => classesOfLoss(parameters, hasTarget(parameters)),
  async run(task, { pixels, steps, alpha: given, restarts, ...options }) {
    const { inputShape } = task.model.spec;
    const { norm, epsilon } = budget({ pixels }, inputShape);
    const survivors = new Survivors(task, { norm, epsilon });
    const size = inputShape.reduce((product, length) => product * length, 1);
    const alpha = given ?? STEP_SHARE * size;
    for (let restart = 0; restart < restarts && survivors.count > 0; restart++) {
      const left = survivors.task();
      // As in the authors' code a random point of the whole range, of which the pixels that differ most from the original stay.
      const start = randomlyChanged(left, `pgd-l0.start.${restart}`, (stream, count) =>
        Float32Array.from({ length: count }, () => 2 * stream.uniform() - 1),
      );
      mostChanged(start, left.images, pixels, inputShape[2]);
      const plan = { ...planOf(left, options), norm: fewestPixels, epsilon: pixels, alpha, steps };
      const found = await projectedGradient(left, { ...plan, start });
      survivors.spend(found.queries, found.gradients);
      await survivors.release(found.images);
    }
    return survivors.output();
  },
});

/** A pixel has as many values as the image has channels. */
function budget({ pixels }: { readonly pixels: number }, imageShape: readonly number[]): Budget {
  return { norm: 'L0', epsilon: imageShape.at(-1)! * pixels };
}

/** Undoes all changes but those of the pixels that changed most. */
function mostChanged(images: HostTensor, original: HostTensor, pixels: number, channels: number): void {
  const size = imageSize(images);
  for (let i = 0; i < images.shape[0]!; i++) {
    const [image, from] = [row(floats(images), size, i), row(floats(original), size, i)];
    const squares = new Float64Array(size / channels);
    for (let p = 0; p < size; p++) squares[Math.floor(p / channels)]! += (image[p]! - from[p]!) ** 2;
    const order = [...squares.keys()].sort((a, b) => squares[b]! - squares[a]! || a - b);
    for (const pixel of order.slice(pixels)) {
      for (let p = pixel * channels; p < (pixel + 1) * channels; p++) image[p] = from[p]!;
    }
  }
}
