/** The convolutional network of TensorFlow's MNIST tutorial, which adversarial robustness papers on MNIST took up (13.9 M multiplications an image). @module */
import { inputLayer, sequential } from './describe.js';
import { activated, conv, dense, dropouts, flatten, maxPool, scaled } from './layers.js';
import type { Architecture } from './types.js';

export const mnistCnn: Architecture = {
  name: 'mnist-cnn',
  title: 'MNIST CNN',
  description:
    'Two 5×5 convolutions of 32 and 64 channels, each with a 2×2 maximum pooling, a hidden layer of 1,024, as in Madry et al. 2018.',
  inputShape: [28, 28, 1],
  classCount: 10,
  build: (plan) =>
    sequential('mnist-cnn', [
      inputLayer(plan.inputShape, 'image'),
      ...activated(plan, 'conv1', (options) => conv('conv1', scaled(plan, 32), 5, options)),
      maxPool('pool1', 2, 2, 'same'),
      ...activated(plan, 'conv2', (options) => conv('conv2', scaled(plan, 64), 5, options)),
      maxPool('pool2', 2, 2, 'same'),
      flatten('flatten'),
      ...activated(plan, 'hidden', (options) => dense('hidden', scaled(plan, 1024), options)),
      ...dropouts(plan),
      dense('logits', plan.classCount),
    ]),
};
