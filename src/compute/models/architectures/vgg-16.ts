/** VGG-16 (Simonyan & Zisserman 2015, arXiv 1409.1556) for small images: with batch normalization, and one layer after the convolutions. @module */
import { input } from './describe.js';
import { activate, classifier, maxPool, normalised, scaled } from './layers.js';
import type { Architecture } from './types.js';

/** Channels of the convolutions of each stage. */
const STAGES = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

export const vgg16: Architecture = {
  name: 'vgg-16',
  title: 'VGG-16',
  description:
    'Thirteen 3×3 convolutions with batch normalization in five stages, each followed by a maximum pooling: 14.7 M parameters for CIFAR-10.',
  inputShape: [32, 32, 3],
  classCount: 10,
  build(plan) {
    const image = input(plan.inputShape);
    let x = image;
    for (const [stage, widths] of STAGES.entries()) {
      for (const [i, width] of widths.entries()) {
        const name = `stage${stage + 1}_conv${i + 1}`;
        x = activate(plan, `${name}_relu`, normalised(name, x, scaled(plan, width), 3));
      }
      x = maxPool(`stage${stage + 1}_pool`, 2, 2).apply(x);
    }
    return classifier('vgg-16', plan, image, x);
  },
};
