/** A network of 147,146 parameters that reaches 99 % on MNIST: small enough to ship trained, in the manner of LeNet-5 (LeCun et al. 1998). @module */
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { activated, conv, dense, dropouts, scaled } from './layers.js';
import type { Architecture } from './types.js';

export const mnistSmallCnn: Architecture = {
  name: 'mnist-small-cnn',
  title: 'Small MNIST CNN',
  description: 'Two 5×5 convolutions of 16 and 32 channels without padding, each with a 2×2 maximum pooling, and a hidden layer of 256.',
  inputShape: [28, 28, 1],
  classCount: 10,
  build: (plan) =>
    sequential({
      name: 'mnist-small-cnn',
      layers: [
        layers.inputLayer({ inputShape: [...plan.inputShape], name: 'image' }),
        ...activated(plan, 'conv1', (options) => conv('conv1', scaled(plan, 16), 5, { padding: 'valid', ...options })),
        layers.maxPooling2d({ poolSize: 2, strides: 2, name: 'pool1' }),
        ...activated(plan, 'conv2', (options) => conv('conv2', scaled(plan, 32), 5, { padding: 'valid', ...options })),
        layers.maxPooling2d({ poolSize: 2, strides: 2, name: 'pool2' }),
        layers.flatten({ name: 'flatten' }),
        ...activated(plan, 'hidden', (options) => dense('hidden', scaled(plan, 256), options)),
        ...dropouts(plan),
        dense('logits', plan.classCount),
      ],
    }),
};
