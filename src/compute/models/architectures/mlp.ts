/** A plain network of two hidden layers. @module */
import { inputLayer, sequential } from './describe.js';
import { activated, dense, dropouts, flatten, scaled } from './layers.js';
import type { Architecture } from './types.js';

export const mlp: Architecture = {
  name: 'mlp',
  title: 'Multilayer perceptron',
  description: 'Two hidden layers of 256 rectified units.',
  inputShape: [28, 28, 1],
  classCount: 10,
  build: (plan) =>
    sequential('mlp', [
      inputLayer(plan.inputShape, 'image'),
      flatten('flatten'),
      ...activated(plan, 'hidden1', (options) => dense('hidden1', scaled(plan, 256), options)),
      ...activated(plan, 'hidden2', (options) => dense('hidden2', scaled(plan, 256), options)),
      ...dropouts(plan),
      dense('logits', plan.classCount),
    ]),
};
