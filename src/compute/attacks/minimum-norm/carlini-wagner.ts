/** What Carlini & Wagner's attacks share: images as `(tanh w + 1) / 2`, which cannot leave the pixel range, and Adam's steps in w. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors } from '../../tensors/types.js';
import { aimedMargin, reachedBy } from '../core/minimal-norm.js';
import type { AttackTask } from '../core/definition.js';
import type { NumberParameter } from '../../parameters/descriptions.js';

/** Pixels at the ends of the range are moved inwards, as in the authors' code: their w is not finite. */
const INSIDE = 0.999999;

/** Adam's decay rates, and what keeps its quotient finite (Kingma & Ba 2015, arXiv 1412.6980). */
const [FIRST_DECAY, SECOND_DECAY, SMALLEST_ROOT] = [0.9, 0.999, 1e-8];

export function learningRate(rate: number): NumberParameter {
  return { type: 'number', default: rate, minimum: 1e-6, maximum: 10, description: "Adam's learning rate." };
}

/** State of {@link adamStep} at an image, one row an example. */
export function startAt(images: HostTensor): HostTensors {
  const data = (images.data as Float32Array).map((value) => Math.atanh((2 * value - 1) * INSIDE));
  const zeros = (): HostTensor => ({ ...images, data: new Float32Array(data.length) });
  const time: HostTensor = { dtype: 'float32', shape: [images.shape[0]!, 1, 1, 1], data: new Float32Array(images.shape[0]!) };
  return { w: { ...images, data }, mean: zeros(), square: zeros(), time };
}

export function imageOf(w: tf.Tensor): tf.Tensor {
  return tf.div(tf.add(tf.tanh(w), 1), 2);
}

/** @returns the next `w`, `mean`, `square` and `time`. */
export function adamStep({ w, mean, square, time }: Record<string, tf.Tensor>, gradient: tf.Tensor, rate: tf.Tensor) {
  const blend = (old: tf.Tensor, now: tf.Tensor, decay: number) => tf.add(tf.mul(decay, old), tf.mul(1 - decay, now));
  const next = {
    mean: blend(mean!, gradient, FIRST_DECAY),
    square: blend(square!, tf.square(gradient), SECOND_DECAY),
    time: tf.add(time!, 1),
  };
  const unbiased = (value: tf.Tensor, decay: number) => tf.div(value, tf.sub(1, tf.pow(decay, next.time)));
  const step = tf.div(unbiased(next.mean, FIRST_DECAY), tf.add(tf.sqrt(unbiased(next.square, SECOND_DECAY)), SMALLEST_ROOT));
  return { ...next, w: tf.sub(w!, tf.mul(rate, step)) };
}

/** Whether a wrong class is ahead of the true one by κ at least, or the target ahead of the others, `[batch, 1, 1, 1]`. */
export function reachedWith(task: AttackTask, scores: tf.Tensor2D, aimed: tf.Tensor, confidence: tf.Tensor): tf.Tensor {
  const margin = tf.reshape(aimedMargin(task, aimed)(scores), [-1, 1, 1, 1]);
  return tf.logicalAnd(reachedBy(task, scores, aimed), tf.greaterEqual(margin, confidence));
}
