/** Networks that hide their gradients, as defences do: one that was trained to, and the shipped one behind layers that do. @module */
import * as tf from '@tensorflow/tfjs-core';
import { openDataset } from '../../src/compute/data/registry.js';
import type { Engine } from '../../src/compute/engine/types.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { adam } from '../../src/compute/training/optimizers/adam.js';
import { cosineDecay } from '../../src/compute/training/schedules.js';
import { defensiveDistillation } from '../../src/compute/training/schemes/defensive-distillation.js';
import { train } from '../../src/compute/training/train.js';

function changed(model: DifferentiableModel, name: string, apply: (scores: (x: tf.Tensor4D) => tf.Tensor2D, x: tf.Tensor4D) => tf.Tensor) {
  return {
    ...model,
    fingerprint: `${model.fingerprint} ${name}`,
    apply: (variables, x) => apply((input) => model.apply(variables, input), x) as tf.Tensor2D,
  } satisfies DifferentiableModel;
}

/** A network distilled at T = 100 (Papernot et al. 2015), with the teacher that it takes: each sees some thousands of images four times. */
export async function distilled(engine: Engine): Promise<DifferentiableModel> {
  const mnist = await openDataset({ format: 'mnist', split: 'train' });
  const trained = async (seed: number, teacher?: DifferentiableModel) =>
    train({
      engine,
      model: await buildArchitecture('mlp', { seed }),
      dataset: { ...mnist, info: { ...mnist.info, exampleCount: 4000 } },
      scheme: defensiveDistillation(100, teacher),
      optimizer: adam(),
      epochs: 4,
      batchSize: 50,
      learningRate: cosineDecay(3e-3),
      seed,
    });
  try {
    return await trained(2, await trained(1));
  } finally {
    await mnist.close();
  }
}

/** Logits so large that the gradient is zero in float32. */
export const saturating = (model: DifferentiableModel) => changed(model, 'saturating', (scores, x) => tf.mul(scores(x), 1000));

/** Pixels rounded to eight levels: a step function has no slope. */
export const stepped = (model: DifferentiableModel) => changed(model, 'stepped', (scores, x) => scores(tf.div(tf.round(tf.mul(x, 8)), 8)));

/** A softmax that nobody declared. */
export const softmaxed = (model: DifferentiableModel) => changed(model, 'softmaxed', (scores, x) => tf.softmax(scores(x)));

/** The square of the square root: the same image, but for a gradient of 0 · ∞ at black pixels. */
export const undefinedSlopes = (model: DifferentiableModel) =>
  changed(model, 'undefined', (scores, x) => scores(tf.square(tf.pow(x, 0.5))));
