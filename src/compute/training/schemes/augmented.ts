/**
 * Plain training on images that are mirrored in half of the cases and shifted by up to a few pixels, black pixels following: the usual augmentation of small
 * pictures (He et al. 2016, arXiv 1512.03385, section 4.2).
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { resample } from '../../attacks/resample.js';
import { randomStream } from '../../random.js';
import type { TrainingScheme } from '../types.js';
import { standard } from './standard.js';

export interface AugmentedOptions {
  /** [height, width] of the images. */
  readonly size: readonly [number, number];
  /** Most pixels that an image moves by, in either direction. The paper takes 4. */
  readonly shift: number;
}

export function augmented({ size: [height, width], shift }: AugmentedOptions): TrainingScheme {
  return {
    name: 'augmented',
    parameters: {},
    inputs: (m) => ({ rows: [m, height, height], columns: [m, width, width] }),
    draw(m, seed, step) {
      const stream = randomStream(seed, 'augmented', step);
      const offset = () => stream.integer(2 * shift + 1) - shift;
      const rows = new Float32Array(m * height * height);
      const columns = new Float32Array(m * width * width);
      for (let i = 0; i < m; i++) {
        rows.set(picking(height, offset(), false), i * height * height);
        columns.set(picking(width, offset(), stream.integer(2) === 1), i * width * width);
      }
      return {
        rows: { dtype: 'float32', shape: [m, height, height], data: rows },
        columns: { dtype: 'float32', shape: [m, width, width], data: columns },
      };
    },
    prepare(batch, { rows, columns, ...inputs }, scores, output) {
      const images = resample(batch.images, rows as tf.Tensor3D, columns as tf.Tensor3D);
      return standard.prepare({ ...batch, images }, inputs, scores, output);
    },
  };
}

/** `[size, size]`, whose row i picks pixel i + offset, counted from the other end where mirrored; nothing outside. */
function picking(size: number, offset: number, mirrored: boolean): Float32Array {
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    const from = i + offset;
    if (from >= 0 && from < size) matrix[i * size + (mirrored ? size - 1 - from : from)] = 1;
  }
  return matrix;
}
