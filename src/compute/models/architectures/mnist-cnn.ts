/** The convolutional network of TensorFlow's MNIST tutorial, which adversarial robustness papers on MNIST took up (13.9 M multiplications an image). @module */
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { activated, conv, dense, dropouts, scaled } from './layers.js';
import type { Architecture } from './types.js';

export const mnistCnn: Architecture = {
  name: 'mnist-cnn',
  title: 'MNIST CNN',
  description:
    'Two 5×5 convolutions of 32 and 64 channels, each with a 2×2 maximum pooling, a hidden layer of 1,024, as in Madry et al. 2018.',
  inputShape: [28, 28, 1],
  classCount: 10,
  build: (plan) =>
    sequential({
      name: 'mnist-cnn',
      layers: [
        layers.inputLayer({ inputShape: [...plan.inputShape], name: 'image' }),
        ...activated(plan, 'conv1', (options) => conv('conv1', scaled(plan, 32), 5, options)),
        layers.maxPooling2d({ poolSize: 2, strides: 2, padding: 'same', name: 'pool1' }),
        ...activated(plan, 'conv2', (options) => conv('conv2', scaled(plan, 64), 5, options)),
        layers.maxPooling2d({ poolSize: 2, strides: 2, padding: 'same', name: 'pool2' }),
        layers.flatten({ name: 'flatten' }),
        ...activated(plan, 'hidden', (options) => dense('hidden', scaled(plan, 1024), options)),
        ...dropouts(plan),
        dense('logits', plan.classCount),
      ],
    }),
};
