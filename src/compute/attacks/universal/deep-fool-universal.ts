/**
 * The universal perturbation of Moosavi-Dezfooli et al. 2017: image by image, what DeepFool still needs beside the perturbation so far is added to it, and the sum is
 * brought back into the budget, until enough images are fooled.
 * @module
 */
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { shuffledIndices } from '../../random.js';
import { argmaxRows, floats, type HostTensor } from '../../tensors/index.js';
import { l2Budget, linfBudget } from '../core/budgets.js';
import { type AttackTask, defineAttack, type Preparation } from '../core/definition.js';
import { imageSize } from '../core/image-arrays.js';
import { NOTHING } from '../core/minimum-norm.js';
import { L2_EPSILON, LINF_EPSILON } from '../core/parameters.js';
import { randomlyChanged } from '../core/random-images.js';
import { subtask } from '../core/survivors.js';
import { deepFoolSteps } from '../minimum-norm/deep-fool.js';
import { L2 } from '../norms/l2.js';
import { LINF } from '../norms/linf.js';
import type { BudgetNorm } from '../norms/types.js';
import { applyLearned, type LearnedPerturbations } from './universal-perturbation.js';
import { shortenTo } from './universal.js';

const PARAMETERS = {
  trainingCount: integer({
    default: 500,
    minimum: 1,
    maximum: 100_000,
    description: 'Images that it learns from: the last of the data set. An evaluation that reaches them tests on what it learned from.',
  }),
  epochs: integer({ default: 10, minimum: 1, maximum: 1000, description: "Most passes over the images. The default is the authors'." }),
  foolingRate: real({
    default: 0.8,
    minimum: 0,
    maximum: 1,
    description: "1 - δ: share of the images that ends the search once they are fooled. The default is the authors'.",
  }),
  deepFoolSteps: integer({
    default: 10,
    minimum: 1,
    maximum: 10_000,
    description: "Most steps of each run of DeepFool. The default is the authors'.",
  }),
  overshoot: real({
    default: 0.02,
    minimum: 0,
    maximum: 10,
    description: "By which part each step of DeepFool is longer than the way to the boundary. The default is the authors'.",
  }),
};

type Values = ValuesOf<typeof PARAMETERS>;

const UAP = {
  description:
    'One change for all images, put together of what DeepFool needs for one after the other, from the last images of the data set before the first is attacked; what that costs is not in the counts of queries.',
  access: 'GRADIENT',
  targeted: false,
  reference: {
    title: 'Universal adversarial perturbations',
    authors: 'Moosavi-Dezfooli, Fawzi, Fawzi, Frossard',
    year: 2017,
    link: 'arXiv:1610.08401',
  },
} as const;

export const uapLinf = defineAttack({
  ...UAP,
  kind: 'UAP_LINF',
  name: 'uapLinf',
  title: 'UAP by DeepFool, L∞',
  norms: ['LINF'],
  parameters: { epsilon: LINF_EPSILON, ...PARAMETERS },
  budget: linfBudget,
  prepare: (preparation, parameters) => learn(preparation, parameters, LINF),
  run: (task, parameters) => applyLearned(task, linfBudget(parameters), changed),
});

export const uapL2 = defineAttack({
  ...UAP,
  kind: 'UAP_L2',
  name: 'uapL2',
  title: 'UAP by DeepFool, L2',
  norms: ['L2'],
  parameters: { epsilon: L2_EPSILON, ...PARAMETERS },
  budget: l2Budget,
  prepare: (preparation, parameters) => learn(preparation, parameters, L2),
  run: (task, parameters) => applyLearned(task, l2Budget(parameters), changed),
});

const changed = (task: AttackTask, change: Float32Array): HostTensor => randomlyChanged(task, 'universal', () => change);

/** Wrong classes that DeepFool compares; the authors' number. */
const CANDIDATES = 10;

async function learn(
  { examples }: Preparation,
  { trainingCount, epochs, foolingRate, deepFoolSteps: steps, overshoot, epsilon }: Values & { readonly epsilon: number },
  norm: BudgetNorm,
): Promise<LearnedPerturbations> {
  const given = await examples(trainingCount);
  // What counts is that the prediction changes, whether it was right or not.
  const task: AttackTask = { ...given, labels: argmaxRows(given.cleanLogits), targets: undefined };
  const change = new Float32Array(imageSize(task.images));
  const isFooled = async (some: AttackTask) => {
    const predicted = argmaxRows(await task.predict(changed(some, change)));
    return Array.from(predicted, (label, i) => label !== some.labels[i]);
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const i of shuffledIndices(task.random.stream(0, `uap.order.${epoch}`), task.labels.length)) {
      const one = subtask(task, Int32Array.of(i));
      if ((await isFooled(one))[0]) continue;
      const plan = { norm: 'L2', steps, overshoot, candidates: CANDIDATES } as const;
      const { images, lengths } = await deepFoolSteps(one, { ...plan, start: changed(one, change) });
      if (lengths[0] === NOTHING) continue;
      const [fooled, original] = [floats(images), floats(one.images)];
      for (let p = 0; p < change.length; p++) change[p] = fooled[p]! - original[p]!;
      shortenTo(change, norm, epsilon);
    }
    const fooled = await isFooled(task);
    if (fooled.filter(Boolean).length >= foolingRate * fooled.length) break;
  }
  return new Map([[undefined, change]]);
}
