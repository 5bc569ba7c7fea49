/**
 * LGV, large geometric vicinity (Gubri et al. 2022): trains the model on with a high constant learning rate, collects its weights along the way, and takes each step of
 * I-FGSM on another one of them. What fools all of those transfers better to other models.
 * @module
 */
import { ComputeError } from '../../errors.js';
import { type DifferentiableModel, isBlackBox } from '../../models/index.js';
import { integer, magnitude, real, type ValuesOf } from '../../parameters/index.js';
import { randomStream, shuffledIndices } from '../../random.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackOutput, type AttackTask, defineAttack, type Preparation } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { LINF_EPSILON, SMALLEST_STEP } from '../core/parameters.js';
import { projectedGradient } from '../core/projected-gradient.js';
import { ensembleModel } from '../composite/ensemble-model.js';
import { LINF } from '../norms/linf.js';

const PARAMETERS = {
  epsilon: { ...LINF_EPSILON, default: 4 / 255 },
  steps: integer({ default: 50, minimum: 1, maximum: 10_000, description: "Number of steps. The default is the authors'." }),
  alpha: magnitude({
    optional: true,
    minimum: SMALLEST_STEP,
    maximum: 1,
    description: "Size of one step, as a fraction of the pixel range. Absent: ε / 10, the authors'.",
  }),
  modelsPerStep: integer({
    default: 1,
    minimum: 1,
    maximum: 1000,
    description: "Networks of a step, fused in their logits; all, where there are no more. The default is the authors'.",
  }),
  epochs: integer({ default: 10, minimum: 1, maximum: 1000, description: "Epochs of training on. The default is the authors'." }),
  modelsPerEpoch: integer({
    default: 4,
    minimum: 1,
    maximum: 1000,
    description: "Networks that are collected in each of them; one a step, where it has fewer steps. The default is the authors'.",
  }),
  learningRate: real({
    default: 0.05,
    minimum: 1e-6,
    maximum: 10,
    description: 'The constant rate of SGD with momentum 0.9. The default is what the authors found best for ResNet-50.',
  }),
  weightDecay: real({
    default: 1e-4,
    minimum: 0,
    maximum: 1,
    description: "λ of λ / 2 · ‖w‖², over kernels. The default is the authors'.",
  }),
  batchSize: integer({
    default: 256,
    minimum: 1,
    maximum: 10_000,
    description: "Images of a minibatch, as many as there are at the most. The default is the authors'.",
  }),
  trainingCount: integer({
    default: 5000,
    minimum: 1,
    maximum: 100_000,
    description:
      'Images that are trained on: the last of the data set. An evaluation that reaches them attacks images that the networks learned from.',
  }),
  ...TARGET_PARAMETERS,
};

type Values = ValuesOf<typeof PARAMETERS>;

/** The authors'. */
const MOMENTUM = 0.9;

export const lgv = defineAttack({
  kind: 'LGV',
  name: 'lgv',
  title: 'LGV',
  description:
    'Large geometric vicinity: trains the model on with a high constant learning rate, collects networks along the way, and takes each step on another one of them, for images that transfer better to other models.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: {
    title: 'LGV: Boosting Adversarial Example Transferability from Large Geometric Vicinity',
    authors: 'Gubri, Cordy, Papadakis, Le Traon, Sen',
    year: 2022,
    link: 'arXiv:2207.13129',
  },
  parameters: PARAMETERS,
  budget: linfBudget,
  prepare: collected,
  run: alongCollected,
});

/** @returns the collected networks, in the order in which steps take them. */
async function collected({ seed, examples, collect }: Preparation, values: Values): Promise<readonly DifferentiableModel[]> {
  const { images, labels, model } = await examples(values.trainingCount);
  if (isBlackBox(model)) throw new ComputeError('UNSUPPORTED_OPERATION', 'A black box cannot be trained on.', ['kind']);
  const { epochs, modelsPerEpoch, learningRate, weightDecay } = values;
  const batchSize = Math.min(values.batchSize, labels.length);
  const lessons = { images, labels, epochs, batchSize, learningRate, weightDecay, momentum: MOMENTUM, modelsPerEpoch };
  const models = await collect(model, lessons);
  return [...shuffledIndices(randomStream(seed, 'lgv.order', 0), models.length)].map((at) => models[at]!);
}

/** One step of I-FGSM after the other, each on the networks that are next. */
async function alongCollected(task: AttackTask<readonly DifferentiableModel[]>, values: Values): Promise<AttackOutput> {
  const { epsilon, alpha = epsilon / 10, steps } = values;
  const models = task.prepared!;
  const together = Math.min(values.modelsPerStep, models.length);
  const n = task.labels.length;
  let start = task.images;
  for (let step = 0; step < steps; step++) {
    const next = Array.from({ length: together }, (_, k) => models[(step * together + k) % models.length]!);
    const weights = next.map(() => 1 / together);
    const network = together === 1 ? next[0]! : ensembleModel(next, weights, 'LOGITS');
    const plan = { ...aim(task), norm: LINF, epsilon, alpha, steps: 1, start };
    start = (await projectedGradient({ ...task, ...task.on(network) }, plan)).images;
  }
  const passes = new Int32Array(n).fill(steps * together);
  return { images: start, queries: passes, gradients: passes.slice() };
}
