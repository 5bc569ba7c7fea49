/**
 * Substitute black-box attack (Papernot et al. 2017): asks the model for the classes of a few images, trains a network of its own on the answers, asks about new
 * images along that network's gradients, and so on; what fools the network in the end often fools the model.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { inMemory } from '../../data/in-memory.js';
import type { Dataset } from '../../data/types.js';
import type { HostTensor } from '../../tensors/types.js';
import { argmaxRows } from '../../tensors/scores.js';
import { asStored } from '../../distances/stored-image.js';
import { buildArchitecture } from '../../models/architectures/registry.js';
import type { DifferentiableModel } from '../../models/types.js';
import { shuffledIndices } from '../../random.js';
import { adam } from '../../training/optimizers/adam.js';
import { standard } from '../../training/schemes/standard.js';
import { train } from '../../training/train.js';
import { linfBudget } from '../core/budgets.js';
import { named } from '../composite/composite.js';
import { fgsm } from '../one-step/fgsm.js';
import { signLoss } from '../core/losses.js';
import { miFgsm } from '../gradient/momentum.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { validateParameters } from '../../parameters/validate.js';
import { pgdLinf } from '../gradient/pgd.js';
import { PAPERNOT_2017 } from '../core/references.js';
import { gather } from '../../tensors/rows.js';
import { Survivors } from '../core/survivors.js';
import type { AttackDefinition, AttackOutput, AttackTask, Preparation } from '../core/definition.js';
import type { ChoiceParameter, NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

const TRAINING_COUNT: NumberParameter = {
  type: 'integer',
  default: 150,
  minimum: 1,
  maximum: 100_000,
  description:
    'Images of the first round: the last of the data set. An evaluation that reaches them attacks images that the substitute learned from.',
};

const ROUNDS: NumberParameter = {
  type: 'integer',
  default: 6,
  minimum: 1,
  maximum: 20,
  description: 'ρ: how often new images are made and the substitute is trained on all so far. The last round makes none.',
};

const AUGMENTATION: NumberParameter = {
  type: 'number',
  default: 0.1,
  minimum: 0,
  maximum: 1,
  description: 'λ: how far new images are from those that they are made of, in every pixel, as a fraction of the pixel range.',
};

const PERIOD: NumberParameter = {
  type: 'integer',
  default: 3,
  minimum: 1,
  maximum: 20,
  description: 'τ: rounds after which λ changes its sign, from along the gradient to against it and back.',
};

const RESERVOIR: NumberParameter = {
  type: 'integer',
  default: 400,
  minimum: 1,
  maximum: 100_000,
  description: 'κ: most new images of a round from the fourth on, drawn at random from those that there could be.',
};

const EPOCHS: NumberParameter = {
  type: 'integer',
  default: 10,
  minimum: 1,
  maximum: 1000,
  description: 'Epochs of training in each round.',
};

const QUERIES: NumberParameter = {
  type: 'integer',
  default: 6400,
  minimum: 1,
  maximum: 1_000_000,
  description: 'Most images whose class the model is asked for, over all rounds.',
};

const CRAFTING: ChoiceParameter = {
  type: 'choice',
  enumName: 'SubstituteAttack',
  values: {
    FGSM: 'One step, as in the paper.',
    PGD: 'Many steps, from a random start.',
    MI_FGSM: 'Many steps with momentum, which transfer better than PGD.',
  },
  default: 'FGSM',
  description: 'What is run on the substitute, with its own defaults.',
};

const ATTACKS: Readonly<Record<string, AttackDefinition>> = { FGSM: fgsm, PGD: pgdLinf, MI_FGSM: miFgsm };

/** σ: rounds in which every image gives a new one. */
const DOUBLING_ROUNDS = 3;

const ARCHITECTURE = 'mnist-small-cnn';
const BATCH_SIZE = 32;
const LEARNING_RATE = 1e-3;

export const substitute: AttackDefinition = {
  kind: 'SUBSTITUTE',
  name: 'substitute',
  title: 'Substitute model',
  description:
    "Trains a network on the model's decisions and transfers what fools it. The queries that this takes, before the first image is attacked, are not in the counts of queries.",
  access: 'DECISION',
  norms: ['LINF'],
  targeted: false,
  reference: PAPERNOT_2017,
  parameters: {
    epsilon: LINF_EPSILON,
    crafting: CRAFTING,
    trainingCount: TRAINING_COUNT,
    rounds: ROUNDS,
    augmentation: AUGMENTATION,
    period: PERIOD,
    reservoir: RESERVOIR,
    epochs: EPOCHS,
    queries: QUERIES,
  },
  budget: linfBudget,
  prepare: trainSubstitute,
  run,
};

async function run(task: AttackTask, parameters: ParameterValues): Promise<AttackOutput> {
  const survivors = new Survivors(task, linfBudget(parameters));
  if (survivors.count > 0) {
    const left = survivors.task();
    const crafting = ATTACKS[parameters['crafting'] as string]!;
    const onSubstitute = named({ ...left, ...left.on(task.prepared as DifferentiableModel) }, crafting.kind);
    const { images } = await crafting.run(onSubstitute, validateParameters(crafting, { epsilon: parameters['epsilon'] }));
    await survivors.release(images);
  }
  return survivors.output();
}

/** @returns the substitute. */
async function trainSubstitute({ engine, seed, signal, examples }: Preparation, parameters: ParameterValues): Promise<DifferentiableModel> {
  const [rounds, queries] = [parameters['rounds'] as number, parameters['queries'] as number];
  const task = await examples(Math.min(parameters['trainingCount'] as number, queries));
  const { inputShape, classCount } = task.model.spec;
  const untrained = await buildArchitecture(ARCHITECTURE, { seed, inputShape, classCount });
  let images = task.images;
  let labels = argmaxRows(task.cleanLogits);
  for (let round = 0; ; round++) {
    const model = await train({
      engine,
      model: untrained,
      dataset: datasetOf(images, labels, classCount),
      scheme: standard,
      optimizer: adam(),
      epochs: parameters['epochs'] as number,
      batchSize: Math.min(BATCH_SIZE, labels.length),
      learningRate: () => LEARNING_RATE,
      seed,
      signal,
    });
    const wanted = Math.min(queries - labels.length, round < DOUBLING_ROUNDS ? labels.length : (parameters['reservoir'] as number));
    if (round + 1 >= rounds || wanted <= 0) return model;
    const chosen = shuffledIndices(task.random.stream(0, `substitute.reservoir.${round}`), labels.length).slice(0, wanted);
    const rows = Int32Array.from(chosen).sort();
    const sign = Math.floor(round / (parameters['period'] as number)) % 2 === 0 ? 1 : -1;
    const made = await augmented(
      { ...task, ...task.on(model) },
      gather(images, rows),
      rows.map((row) => labels[row]!),
      sign * (parameters['augmentation'] as number),
    );
    const answers = argmaxRows(await task.predict(made));
    images = {
      dtype: 'float32',
      shape: [labels.length + rows.length, ...inputShape],
      data: joined(images.data as Float32Array, made.data as Float32Array),
    };
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
  return asStored(images, { ...images, data }, { norm: 'LINF', epsilon: 1 });
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function datasetOf({ shape, data }: HostTensor, labels: Int32Array, classCount: number): Dataset {
  const images = Uint8Array.from(data, (value) => Math.round(255 * value));
  const classNames = Array.from({ length: classCount }, (_, i) => String(i));
  return inMemory({ images, labels }, shape.slice(1) as unknown as [number, number, number], classNames);
}
