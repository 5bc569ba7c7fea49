/**
 * Universal perturbations (Moosavi-Dezfooli et al. 2017, arXiv 1610.08401): one change for all images. Learned by gradients of whole batches (Shafahi et al.
 * 2020), which takes a small part of the passes of the original's search image by image.
 * @module
 */
import { floats, type HostTensor } from '../../tensors/index.js';
import { l2Budget, linfBudget } from '../core/budgets.js';
import { type AttackTask, defineAttack, type Preparation } from '../core/definition.js';
import { imageSize } from '../core/image-arrays.js';
import { L2_EPSILON, LINF_EPSILON } from '../core/parameters.js';
import { randomlyChanged } from '../core/random-images.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import type { BudgetNorm } from '../norms/types.js';
import {
  applyLearned,
  learn,
  type LearnedPerturbations,
  UNIVERSAL_PERTURBATION_PARAMETERS,
  type UniversalPerturbation,
  type UniversalPerturbationValues,
} from './universal-perturbation.js';

const UNIVERSAL = {
  description:
    'A universal perturbation: the same for all images, or for all that have one target, learned from the last images of the data set before the first is attacked; what that costs is not in the counts of queries.',
  access: 'GRADIENT',
  targeted: true,
  reference: {
    title: 'Universal Adversarial Training',
    authors: 'Shafahi, Najibi, Xu, Dickerson, Davis, Goldstein',
    year: 2020,
    link: 'arXiv:1811.11304',
  },
} as const;

export const universalLinf = defineAttack({
  ...UNIVERSAL,
  kind: 'UNIVERSAL_LINF',
  name: 'universalLinf',
  title: 'Universal perturbation, L∞',
  norms: ['LINF'],
  parameters: { epsilon: LINF_EPSILON, ...UNIVERSAL_PERTURBATION_PARAMETERS },
  budget: linfBudget,
  prepare: (preparation, parameters) => learnChange(preparation, parameters, LINF),
  run: (task, parameters) => applyLearned(task, linfBudget(parameters), changed),
});

export const universalL2 = defineAttack({
  ...UNIVERSAL,
  kind: 'UNIVERSAL_L2',
  name: 'universalL2',
  title: 'Universal perturbation, L2',
  norms: ['L2'],
  parameters: { epsilon: L2_EPSILON, ...UNIVERSAL_PERTURBATION_PARAMETERS },
  budget: l2Budget,
  prepare: (preparation, parameters) => learnChange(preparation, parameters, L2),
  run: (task, parameters) => applyLearned(task, l2Budget(parameters), changed),
});

/** Adam's steps, as a share of ε. */
const RATE = 0.3;

/** @returns changes of every pixel value of an image. */
async function learnChange(
  { examples }: Preparation,
  { epsilon, ...parameters }: UniversalPerturbationValues & { readonly epsilon: number },
  norm: BudgetNorm,
): Promise<LearnedPerturbations> {
  const task = await examples(parameters.trainingCount);
  const size = imageSize(task.images);
  // Uniform over the pixels, a change of length ε would be this large in each.
  const scale = epsilon / norm.length(new Float32Array(size).fill(1));
  const change: UniversalPerturbation = {
    start: new Float32Array(size),
    rate: RATE * scale,
    apply: (values, batch) => ({ images: changed(batch, values), backward: (gradient) => summed(floats(batch.images), values, gradient) }),
    project: (values) => shortenTo(values, norm, epsilon),
  };
  return learn(task, parameters, change);
}

/** The same change of all images. */
const changed = (task: AttackTask, change: Float32Array): HostTensor => randomlyChanged(task, 'universal', () => change);

/** Sum over the images of the gradient by the change; none comes through where a pixel is cut off at the end of its range. */
function summed(pixels: Float32Array, change: Float32Array, gradient: Float32Array): Float32Array {
  const sum = new Float32Array(change.length);
  for (let p = 0; p < gradient.length; p++) {
    const value = pixels[p]! + change[p % change.length]!;
    if (value >= 0 && value <= 1) sum[p % change.length]! += gradient[p]!;
  }
  return sum;
}

/** The nearest change within the budget. */
export function shortenTo(change: Float32Array, { norm, length }: BudgetNorm, epsilon: number): void {
  if (norm === 'LINF') change.forEach((value, p) => (change[p] = Math.min(epsilon, Math.max(-epsilon, value))));
  else {
    const factor = Math.min(1, epsilon / length(change));
    change.forEach((value, p) => (change[p] = value * factor));
  }
}
