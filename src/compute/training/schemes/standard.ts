/** Plain training: every image as it is, every example with the same weight. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingScheme } from '../types.js';

export const standard: TrainingScheme = {
  name: 'standard',
  parameters: {},
  inputs: () => ({}),
  draw: () => ({}),
  prepare({ images }) {
    const m = images.shape[0];
    return { images, exampleWeights: tf.fill([m], 1 / m) };
  },
};
