/**
 * Substitute black-box attack (Papernot et al. 2017): asks the model for the classes of a few images, trains a network of its own on the answers, asks about new
 * images along that network's gradients, and so on; what fools the network in the end often fools the model.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { asJudged } from '../../distances/index.js';
import { buildArchitecture, type DifferentiableModel } from '../../models/index.js';
import { choice, integer, real, validateParameters, type ValuesOf } from '../../parameters/index.js';
import { shuffledIndices } from '../../random.js';
import { argmaxRows, floats, gather, type HostTensor } from '../../tensors/index.js';
import { named } from '../composite/composite.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackTask, defineAttack, type Preparation } from '../core/definition.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { signLoss } from '../core/losses.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { Survivors } from '../core/survivors.js';
import { miFgsm } from '../transfer/attacks.js';
import { pgdLinf } from '../gradient/pgd.js';
import { fgsm } from '../one-step/fgsm.js';

/** Attacks that may be run on the substitute. */
const CRAFTING = { FGSM: fgsm, PGD: pgdLinf, MI_FGSM: miFgsm };

const PARAMETERS = {
  epsilon: LINF_EPSILON,
  crafting: choice({
    enumName: 'SubstituteAttack',
    values: {
      FGSM: 'One step, as in the paper.',
      PGD: 'Many steps, from a random start.',
      MI_FGSM: 'Many steps with momentum, which transfer better than PGD.',
    },
    default: 'FGSM',
    description: 'What is run on the substitute, with its own defaults.',
  }),
  trainingCount: integer({
    default: 150,
    minimum: 1,
    maximum: 100_000,
    description:
      'Images of the first round: the last of the data set. An evaluation that reaches them attacks images that the substitute learned from.',
  }),
  rounds: integer({
    default: 6,
    minimum: 1,
    maximum: 20,
    description: 'ρ: how often new images are made and the substitute is trained on all so far. The last round makes none.',
  }),
  augmentation: real({
    default: 0.1,
    minimum: 0,
    maximum: 1,
    description: 'λ: how far new images are from those that they are made of, in every pixel, as a fraction of the pixel range.',
  }),
  period: integer({
    default: 3,
    minimum: 1,
    maximum: 20,
    description: 'τ: rounds after which λ changes its sign, from along the gradient to against it and back.',
  }),
  reservoir: integer({
    default: 400,
    minimum: 1,
    maximum: 100_000,
    description: 'κ: most new images of a round from the fourth on, drawn at random from those that there could be.',
  }),
  epochs: integer({
    default: 10,
    minimum: 1,
    maximum: 1000,
    description: 'Epochs of training in each round.',
  }),
  queries: integer({
    default: 6400,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Most images whose class the model is asked for, over all rounds.',
  }),
  ...TARGET_PARAMETERS,
};

/** σ: rounds in which every image gives a new one. */
const DOUBLING_ROUNDS = 3;

const ARCHITECTURE = 'mnist-small-cnn';
const BATCH_SIZE = 32;
const LEARNING_RATE = 1e-3;

export const substitute = defineAttack({
  kind: 'SUBSTITUTE',
  name: 'substitute',
  title: 'Substitute model',
  description:
    "Trains a network on the model's decisions and transfers what fools it. The queries that this takes, before the first image is attacked, are not in the counts of queries.",
  access: 'DECISION',
  norms: ['LINF'],
  targeted: true,
  reference: {
    title: 'Practical Black-Box Attacks against Machine Learning',
    authors: 'Papernot, McDaniel, Goodfellow, Jha, Celik, Swami',
    year: 2017,
    link: 'arXiv:1602.02697',
  },
  parameters: PARAMETERS,
  budget: linfBudget,
  prepare: learnFromAnswers,
  async run(task, { epsilon, crafting }) {
    const survivors = new Survivors(task, linfBudget({ epsilon }));
    if (survivors.count > 0) {
      const left = survivors.task();
      const attack = CRAFTING[crafting];
      const onSubstitute = named({ ...left, ...left.on(task.prepared!) }, attack.kind);
      const { images } = await attack.run(onSubstitute, validateParameters(attack, { epsilon }));
      await survivors.release(images);
    }
    return survivors.output();
  },
});

/** @returns the substitute. */
async function learnFromAnswers(
  { seed, examples, train }: Preparation,
  { trainingCount, rounds, augmentation, period, reservoir, epochs, queries }: ValuesOf<typeof PARAMETERS>,
): Promise<DifferentiableModel> {
  const task = await examples(Math.min(trainingCount, queries));
  const { inputShape, classCount } = task.model.spec;
  const untrained = await buildArchitecture(ARCHITECTURE, { seed, inputShape, classCount });
  let images = task.images;
  let labels = argmaxRows(task.cleanLogits);
  for (let round = 0; ; round++) {
    const batchSize = Math.min(BATCH_SIZE, labels.length);
    const model = await train(untrained, { images, labels, epochs, batchSize, learningRate: LEARNING_RATE });
    const wanted = Math.min(queries - labels.length, round < DOUBLING_ROUNDS ? labels.length : reservoir);
    if (round + 1 >= rounds || wanted <= 0) return model;
    const chosen = shuffledIndices(task.random.stream(0, `substitute.reservoir.${round}`), labels.length).slice(0, wanted);
    const rows = Int32Array.from(chosen).sort();
    const classes = rows.map((row) => labels[row]!);
    const sign = Math.floor(round / period) % 2 === 0 ? 1 : -1;
    const made = await augmented({ ...task, ...task.on(model) }, gather(images, rows), classes, sign * augmentation);
    const answers = argmaxRows(await task.predict(made));
    const data = joined(floats(images), floats(made));
    images = { dtype: 'float32', shape: [labels.length + rows.length, ...inputShape], data };
    labels = Int32Array.from([...labels, ...answers]);
  }
}

/** `x + λ · sgn(J[y])`, J[y] the gradient of the substitute's output for the class y that the model gave; as it would be stored. */
async function augmented(task: AttackTask, images: HostTensor, labels: Int32Array, lambda: number): Promise<HostTensor> {
  const step = await task.compile(
    'augment',
    { images: { dtype: 'float32', shape: images.shape.slice(1) }, label: { dtype: 'int32', shape: [] } },
    (scores, { images: x, label }) => ({
      // The loss falls where the output for the class rises.
      sign: tf.neg(tf.sign(tf.grad((image) => signLoss(scores(image as tf.Tensor4D), label as tf.Tensor1D, task.model.output))(x!))),
    }),
  );
  const label: HostTensor = { dtype: 'int32', shape: [labels.length], data: labels };
  const { sign } = await step.run({ images, label }, { signal: task.signal });
  const data = Float32Array.from(images.data, (value, p) => Math.min(1, Math.max(0, value + lambda * sign!.data[p]!)));
  return asJudged(images, { ...images, data }, { norm: 'LINF', epsilon: 1, levels: task.levels });
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
