/**
 * Spectrum simulation (Long et al. 2022): gradients are taken of images with noise, whose frequencies, by the discrete cosine transform, are made stronger and weaker at
 * random.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { real, type ValuesOf } from '../../parameters/index.js';
import { cosines } from '../core/cosine-basis.js';
import type { ViewPart } from './parts.js';

export const SPECTRUM_PARAMETERS = {
  rho: real({
    default: 0.5,
    minimum: 0,
    maximum: 1,
    description: 'ρ: by how much frequencies are made stronger or weaker, at most. The paper has 0.5.',
  }),
  spectrumNoise: real({
    default: 1,
    minimum: 0,
    maximum: 100,
    description: 'σ: standard deviation of the noise, in units of ε. The paper has 1.',
  }),
};

export function spectrum(
  { rho, spectrumNoise, epsilon }: ValuesOf<typeof SPECTRUM_PARAMETERS> & { readonly epsilon: number },
  imageShape: readonly [number, number, number],
): ViewPart {
  const [height, width] = imageShape;
  const size = imageShape.reduce((product, length) => product * length, 1);
  return {
    variant: 'spectrum',
    drawn: { spectrumNoise: imageShape, spectrumMask: imageShape },
    draw: (stream) => ({
      spectrumNoise: Float32Array.from({ length: size }, () => spectrumNoise * epsilon * stream.normal()),
      spectrumMask: Float32Array.from({ length: size }, () => 1 - rho + 2 * rho * stream.uniform()),
    }),
    view(x, { spectrumNoise: noise, spectrumMask: mask }) {
      const [down, across] = [matrixOf(height), matrixOf(width)];
      const frequencies = separable(tf.add(x, noise!), down, across, true);
      return separable(tf.mul(frequencies, mask!), down, across, false);
    },
  };
}

/** Rows are waves. */
function matrixOf(size: number): tf.Tensor2D {
  return tf.tensor2d(
    cosines(size).flatMap((wave) => [...wave]),
    [size, size],
  );
}

/** Both axes times a matrix; to frequencies, or back by the transpose. */
function separable(x: tf.Tensor4D, down: tf.Tensor2D, across: tf.Tensor2D, isForward: boolean): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const times = (values: tf.Tensor, matrix: tf.Tensor2D, size: number) =>
    tf.matMul(tf.reshape(values, [-1, size]) as tf.Tensor2D, matrix, false, isForward);
  const byColumn = tf.transpose(x, [0, 2, 3, 1]);
  const turned = tf.reshape(times(byColumn, down, height), [n, width, channels, height]);
  const byRow = tf.transpose(turned, [0, 3, 2, 1]);
  return tf.transpose(tf.reshape(times(byRow, across, width), [n, height, channels, width]), [0, 1, 3, 2]) as tf.Tensor4D;
}
