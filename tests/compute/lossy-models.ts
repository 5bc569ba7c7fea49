/** The shipped network behind layers that hide its gradients, as defences do. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { DifferentiableModel } from '../../src/compute/models/types.js';

function changed(model: DifferentiableModel, name: string, apply: (scores: (x: tf.Tensor4D) => tf.Tensor2D, x: tf.Tensor4D) => tf.Tensor) {
  return {
    ...model,
    fingerprint: `${model.fingerprint} ${name}`,
    apply: (variables, x) => apply((input) => model.apply(variables, input), x) as tf.Tensor2D,
  } satisfies DifferentiableModel;
}

/** What distillation at temperature 100 leaves (Papernot et al. 2015): logits a hundred times as large. */
export const distilled = (model: DifferentiableModel) => changed(model, 'distilled', (scores, x) => tf.mul(scores(x), 100));

/** Logits so large that the gradient is zero in float32. */
export const saturating = (model: DifferentiableModel) => changed(model, 'saturating', (scores, x) => tf.mul(scores(x), 1000));

/** Pixels rounded to eight levels: a step function has no slope. */
export const stepped = (model: DifferentiableModel) => changed(model, 'stepped', (scores, x) => scores(tf.div(tf.round(tf.mul(x, 8)), 8)));

/** A softmax that nobody declared. */
export const softmaxed = (model: DifferentiableModel) => changed(model, 'softmaxed', (scores, x) => tf.softmax(scores(x)));

/** The square of the square root: the same image, but for a gradient of 0 · ∞ at black pixels. */
export const undefinedSlopes = (model: DifferentiableModel) => changed(model, 'undefined', (scores, x) => scores(tf.square(tf.sqrt(x))));
