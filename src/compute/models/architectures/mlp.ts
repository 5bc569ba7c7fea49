/** A plain network of two hidden layers. @module */
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dense } from './layers.js';
import type { Architecture } from './types.js';

export const mlp: Architecture = {
  name: 'mlp',
  title: 'Multilayer perceptron',
  description: 'Two hidden layers of 256 rectified units.',
  inputShape: [28, 28, 1],
  classCount: 10,
  build: (inputShape, classCount) =>
    sequential({
      name: 'mlp',
      layers: [
        layers.inputLayer({ inputShape: [...inputShape], name: 'image' }),
        layers.flatten({ name: 'flatten' }),
        dense('hidden1', 256, { activation: 'relu' }),
        dense('hidden2', 256, { activation: 'relu' }),
        dense('logits', classCount),
      ],
    }),
};
