/** A network of 147,146 parameters that reaches 99 % on MNIST: small enough to ship trained, in the manner of LeNet-5 (LeCun et al. 1998). @module */
import { inputLayer, sequential } from './describe.js';
import { activated, conv, dense, dropouts, flatten, maxPool, scaled } from './layers.js';
import type { Architecture } from './types.js';

export const mnistSmallCnn: Architecture = {
  name: 'mnist-small-cnn',
  title: 'Small MNIST CNN',
  description: 'Two 5×5 convolutions of 16 and 32 channels without padding, each with a 2×2 maximum pooling, and a hidden layer of 256.',
  inputShape: [28, 28, 1],
  classCount: 10,
  build: (plan) =>
    sequential('mnist-small-cnn', [
      inputLayer(plan.inputShape, 'image'),
      ...activated(plan, 'conv1', (options) => conv('conv1', scaled(plan, 16), 5, { padding: 'valid', ...options })),
      maxPool('pool1', 2, 2),
      ...activated(plan, 'conv2', (options) => conv('conv2', scaled(plan, 32), 5, { padding: 'valid', ...options })),
      maxPool('pool2', 2, 2),
      flatten('flatten'),
      ...activated(plan, 'hidden', (options) => dense('hidden', scaled(plan, 256), options)),
      ...dropouts(plan),
      dense('logits', plan.classCount),
    ]),
};
