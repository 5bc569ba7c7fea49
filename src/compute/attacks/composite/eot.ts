/**
 * Expectation over transformation (Athalye et al. 2018): attacks by gradient on the mean of the model's output over random transformations of the image, and
 * over what the model itself draws at random. Both are drawn again in each step, so that what is found holds for most of them and not for one.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable, type DifferentiableModel } from '../../models/index.js';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import { sizeOf, type Tensors } from '../../tensors/index.js';
import { type AttackDefinition, defineAttack } from '../core/definition.js';
import { listOf, type ListValues, running } from './attack-list.js';

const PARAMETERS = {
  samples: integer({
    default: 10,
    minimum: 1,
    maximum: 1000,
    description: 'Transformations that are averaged over. Every pass of an attack takes as many passes of the model.',
  }),
  shift: integer({
    default: 2,
    minimum: 0,
    maximum: 1000,
    description: 'Most pixels by which an image is shifted, in either direction; black pixels follow. 0: none.',
  }),
  noise: real({
    default: 0.05,
    minimum: 0,
    maximum: 1,
    description:
      'Standard deviation of the normal noise that is added, as a fraction of the pixel range. With 0, and no shift, the mean is over the randomness of the model alone.',
  }),
  seed: integer({
    default: 0,
    minimum: 0,
    maximum: 2 ** 31 - 1,
    description: 'Of the transformations. They are drawn again for each image in every forward pass, and so in every step.',
  }),
};

type Values = ValuesOf<typeof PARAMETERS>;

/** @param of attacks that may be in the list. */
export function eot(of: readonly AttackDefinition[]): AttackDefinition {
  return defineAttack({
    kind: 'EOT',
    name: 'eot',
    title: 'EOT',
    description:
      "Attacks by gradient on the mean of the model's output over shifted and noisy copies of the image, drawn again in each step. For models with random parts, and for changes that survive a transformation.",
    reference: {
      title: 'Synthesizing Robust Adversarial Examples',
      authors: 'Athalye, Engstrom, Ilyas, Kwok',
      year: 2018,
      link: 'arXiv:1707.07397',
    },
    parameters: { attacks: listOf(of, 'The attacks, one after the other.'), ...PARAMETERS },
    ...running(of, (model, values: ListValues & Values) => ({
      model: averaged(differentiable(model), values),
      passes: values.samples,
    })),
  });
}

/**
 * A model that outputs the mean over `samples` views of the image, which are drawn again for every image of a batch, as is what the model itself
 * draws for each view.
 */
export function averaged(model: DifferentiableModel, { samples, shift, noise, seed }: Values): DifferentiableModel {
  const { inputShape } = model.spec;
  const inner = Object.entries(model.random?.shapes ?? {}).map(([name, shape]) => ({ name, own: `model.${name}`, shape }));
  return {
    ...model,
    detector: model.detector && averaged(model.detector, { samples, shift, noise, seed }),
    fingerprint: `${model.fingerprint}.eot.${JSON.stringify([samples, shift > 0, noise > 0])}`,
    random: {
      seed,
      shapes: {
        ...(shift > 0 ? { offsets: [samples, 2] } : {}),
        ...(noise > 0 ? { noise: [samples, ...inputShape] } : {}),
        ...Object.fromEntries(inner.map(({ own, shape }) => [own, [samples, ...shape]])),
      },
      draw(stream) {
        const fill = (size: number, one: () => number) => Float32Array.from({ length: samples * size }, one);
        const views = inner.length === 0 ? [] : Array.from({ length: samples }, () => model.random!.draw(stream));
        const ofModel = inner.map(({ name, own }) => [own, Float32Array.from(views.flatMap((values) => [...values[name]!]))]);
        return {
          ...(shift > 0 ? { offsets: fill(2, () => stream.integer(2 * shift + 1) - shift) } : {}),
          ...(noise > 0 ? { noise: fill(sizeOf(inputShape), () => noise * stream.normal()) } : {}),
          ...Object.fromEntries(ofModel),
        };
      },
    },
    apply: (variables, x, drawn) => meanOf((views, random) => model.apply(variables, views, random), x, drawn),
    inner: model.inner && {
      ...model.inner,
      at: (layer) => {
        const features = model.inner!.at(layer);
        return (variables, x, drawn) => meanOf((views, random) => features(variables, views, random), x, drawn);
      },
    },
  };

  /** The mean over the views of a batch. @param of `[batch, values]` of a batch of images. */
  function meanOf(of: (views: tf.Tensor4D, random?: Tensors) => tf.Tensor2D, x: tf.Tensor4D, drawn: Tensors = {}): tf.Tensor2D {
    const count = x.shape[0] * samples;
    const ofViews = (name: string, shape: readonly number[]) => tf.reshape(drawn[name]!, [count, ...shape]);
    const flat = tf.tile(tf.reshape(x, [x.shape[0], 1, -1]), [1, samples, 1]);
    const copies = tf.reshape<tf.Rank.R4>(flat, [count, ...inputShape]);
    const shifted = shift > 0 ? shiftedBy(copies, ofViews('offsets', [2])) : copies;
    const views: tf.Tensor4D = noise > 0 ? tf.add(shifted, ofViews('noise', inputShape)) : shifted;
    const ofModel = Object.fromEntries(inner.map(({ name, own, shape }) => [name, ofViews(own, shape)]));
    const rows = of(views, model.random && ofModel);
    return tf.mean(tf.reshape(rows, [x.shape[0], samples, rows.shape[1]]), 1);
  }
}

/** Images shifted down and to the right. @param offsets `[n, 2]`, pixels. */
function shiftedBy(images: tf.Tensor4D, offsets: tf.Tensor): tf.Tensor4D {
  const [n, height, width, channels] = images.shape;
  const [down, right] = tf.split(offsets, 2, 1);
  const moved = tf.matMul(selection(height, down!), tf.reshape(images, [n, height, width * channels]));
  const columnsFirst = tf.transpose(tf.reshape(moved, [n, height, width, channels]), [0, 2, 1, 3]);
  const shifted = tf.matMul(selection(width, right!), tf.reshape(columnsFirst, [n, width, height * channels]));
  return tf.transpose(tf.reshape(shifted, [n, width, height, channels]), [0, 2, 1, 3]);
}

/** Matrices `[n, size, size]` that move rows by whole numbers: a 1 where row i comes from row i - offset. Rows that come from outside are zero. */
function selection(size: number, offsets: tf.Tensor): tf.Tensor {
  const positions = Array.from({ length: size * size }, (_, at) => Math.floor(at / size) - (at % size));
  const distance = tf.sub(tf.tensor3d(positions, [1, size, size]), tf.reshape(offsets, [-1, 1, 1]));
  return tf.cast(tf.less(tf.abs(distance), 0.5), 'float32');
}
