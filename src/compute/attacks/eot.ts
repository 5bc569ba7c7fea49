/**
 * Expectation over transformation (Athalye et al. 2018): attacks by gradient on the mean of the model's output over random transformations of the image, and over
 * what the model itself draws at random; what they find holds for most of them and not for one.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from '../models/functions.js';
import type { DifferentiableModel } from '../models/types.js';
import { randomStream } from '../random.js';
import { attackList } from './attack-list.js';
import { ATHALYE_2018_EOT } from './references.js';
import type { AttackDefinition, NumberParameter, ParameterValues } from './types.js';

const SAMPLES: NumberParameter = {
  type: 'integer',
  default: 10,
  minimum: 1,
  maximum: 1000,
  description: 'Transformations that are averaged over. Every pass of an attack takes as many passes of the model.',
};

const SHIFT: NumberParameter = {
  type: 'integer',
  default: 2,
  minimum: 0,
  maximum: 1000,
  description: 'Most pixels by which an image is shifted, in either direction; black pixels follow. 0: none.',
};

const NOISE: NumberParameter = {
  type: 'number',
  default: 0.05,
  minimum: 0,
  maximum: 1,
  description:
    'Standard deviation of the normal noise that is added, as a fraction of the pixel range. With 0, and no shift, the mean is over the randomness of the model alone.',
};

const SEED: NumberParameter = {
  type: 'integer',
  default: 0,
  minimum: 0,
  maximum: 2 ** 31 - 1,
  description: 'Of the transformations, which are the same for all images.',
};

/** @param of attacks that may be in the list. */
export function eot(of: readonly AttackDefinition[]): AttackDefinition {
  return attackList(
    {
      kind: 'EOT',
      name: 'eot',
      title: 'EOT',
      description:
        "Attacks by gradient on the mean of the model's output over shifted and noisy copies of the image. For models with random parts, and for changes that survive a transformation.",
      reference: ATHALYE_2018_EOT,
      parameters: { samples: SAMPLES, shift: SHIFT, noise: NOISE, seed: SEED },
    },
    of,
    'The attacks, one after the other.',
    (model, parameters) => ({ model: averaged(differentiable(model), parameters), passes: parameters['samples'] as number }),
  );
}

interface View {
  /** By how many pixels the image is shifted. */
  readonly down: number;
  readonly right: number;
  /** What is added to it. */
  readonly noise?: Float32Array;
}

/** A model that puts out the mean over `samples` views of the image. */
export function averaged(model: DifferentiableModel, { samples, shift, noise, seed }: ParameterValues): DifferentiableModel {
  const size = model.spec.inputShape.reduce((product, length) => product * length, 1);
  const views = Array.from({ length: samples as number }, (_, i): View => {
    const stream = randomStream(seed as number, 'eot.view', i);
    const offset = () => stream.integer(2 * (shift as number) + 1) - (shift as number);
    const [down, right] = [offset(), offset()];
    return {
      down,
      right,
      ...(noise === 0 ? {} : { noise: Float32Array.from({ length: size }, () => (noise as number) * stream.normal()) }),
    };
  });
  return {
    ...model,
    fingerprint: `${model.fingerprint}.eot.${JSON.stringify([samples, shift, noise, seed])}`,
    apply(variables, x) {
      const [n, ...imageShape] = x.shape;
      const images = views.map(({ down, right, noise }) => {
        const shifted = shiftedBy(x, down, right);
        return noise ? tf.add(shifted, tf.tensor4d(noise, [1, ...imageShape] as [number, number, number, number])) : shifted;
      });
      const scores = model.apply(variables, tf.concat(images as tf.Tensor4D[], 0));
      return tf.mean(tf.reshape(scores, [views.length, n, model.spec.classCount]), 0) as tf.Tensor2D;
    },
  };
}

function shiftedBy(x: tf.Tensor4D, down: number, right: number): tf.Tensor4D {
  const margin = Math.max(Math.abs(down), Math.abs(right));
  if (margin === 0) return x;
  const [n, height, width, channels] = x.shape;
  const padded = tf.pad4d(x, [
    [0, 0],
    [margin, margin],
    [margin, margin],
    [0, 0],
  ]);
  return tf.slice4d(padded, [0, margin - down, margin - right, 0], [n, height, width, channels]);
}
