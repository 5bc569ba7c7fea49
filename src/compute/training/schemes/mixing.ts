/**
 * Training on mixtures of two images and of their labels: MixUp (Zhang et al. 2018, arXiv 1710.09412) blends them, CutMix (Yun et al. 2019, arXiv 1905.04899) pastes a
 * rectangle of the one into the other. The partner of an image is the one at its place from the end of the minibatch.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { real } from '../../parameters/index.js';
import { randomStream, type RandomStream } from '../../random.js';
import { floats } from '../random-inputs.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme } from './definition.js';

/** A draw from Beta(α, α), by Jöhnk's method, in logarithms: for small α the numbers underflow. */
export function symmetricBeta(stream: RandomStream, alpha: number): number {
  if (alpha > 1) {
    // The ratio of sums of exponentials would need whole α: rejection from the uniform, whose density is bounded for α > 1.
    for (;;) {
      const [x, u] = [stream.uniform(), stream.uniform()];
      if (u <= (4 * x * (1 - x)) ** (alpha - 1)) return x;
    }
  }
  for (;;) {
    const [x, y] = [Math.log(stream.uniform()) / alpha, Math.log(stream.uniform()) / alpha];
    const most = Math.max(x, y);
    const sum = most + Math.log(Math.exp(x - most) + Math.exp(y - most));
    if (sum <= 0) return Math.exp(x - sum);
  }
}

/** The share of each pixel that stays, `[height, width]`; the rest is the partner's. */
type Mask = (stream: RandomStream, height: number, width: number) => Float32Array;

function mixing(name: 'mixUp' | 'cutMix', maskOf: Mask): TrainingScheme {
  return {
    name,
    parameters: {},
    inputs: ({ imageShape: [height, width] }) => ({ mask: [1, height, width, 1] }),
    draw({ imageShape: [height, width] }, seed, step) {
      return { mask: floats([1, height, width, 1], maskOf(randomStream(seed, name, step), height, width)) };
    },
    loss(network, { images, labels, inputs, classCount }) {
      const mask = inputs['mask']!;
      const share = tf.mean(mask);
      const mixed = tf.add(tf.mul(images, mask), tf.mul(tf.reverse(images, 0), tf.sub(1, mask))) as tf.Tensor4D;
      const oneHot = tf.cast(tf.oneHot(labels, classCount), 'float32') as tf.Tensor2D;
      const targets = tf.add(tf.mul(oneHot, share), tf.mul(tf.reverse(oneHot, 0), tf.sub(1, share)));
      const pass = network(mixed);
      return { loss: tf.mean(pass.crossEntropy(targets)), logits: pass.logits, labels };
    },
  };
}

const mixUp = (alpha: number) =>
  mixing('mixUp', (stream, height, width) => new Float32Array(height * width).fill(symmetricBeta(stream, alpha)));

const cutMix = (alpha: number) =>
  mixing('cutMix', (stream, height, width) => {
    const side = Math.sqrt(1 - symmetricBeta(stream, alpha));
    const [y, x] = [stream.integer(height), stream.integer(width)];
    const [down, right] = [Math.floor((side * height) / 2), Math.floor((side * width) / 2)];
    return Float32Array.from({ length: height * width }, (_, at) => {
      const [row, column] = [Math.floor(at / width), at % width];
      return row >= y - down && row < y + down && column >= x - right && column < x + right ? 0 : 1;
    });
  });

const ALPHA = real({
  default: 1,
  minimum: 0.01,
  maximum: 100,
  description: 'α: the share of the mixture is drawn from Beta(α, α). 1: all shares alike; small: hardly a mixture.',
});

export const mixUpDefinition = defineScheme({
  name: 'mixUp',
  title: 'MixUp',
  description: 'Every image is blended with another, and so are their labels.',
  reference: {
    title: 'mixup: Beyond Empirical Risk Minimization',
    authors: 'Zhang, Cisse, Dauphin, Lopez-Paz',
    year: 2018,
    link: 'arXiv:1710.09412',
  },
  parameters: { alpha: ALPHA },
  create: ({ alpha }) => mixUp(alpha),
});

export const cutMixDefinition = defineScheme({
  name: 'cutMix',
  title: 'CutMix',
  description: 'A rectangle of another image is pasted into every image, and labels are mixed by its area.',
  reference: {
    title: 'CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features',
    authors: 'Yun, Han, Oh, Chun, Choe, Yoo',
    year: 2019,
    link: 'arXiv:1905.04899',
  },
  parameters: { alpha: ALPHA },
  create: ({ alpha }) => cutMix(alpha),
});
