/** Network, optimizer, attacks and Algorithm 1 of the paper (Kurakin et al. 2016, section 4), on one machine in place of 50. @module */
import { NO_REGULARISATION } from '../../compute/training/index.js';
import type { Scale } from '../types.js';

const BATCH_SIZE = 32;
const IMAGES = 1_281_167;
const STEPS = 150_000;
const INCEPTION = { architecture: 'inception-v3' };

export const imagenet: Scale = {
  name: 'imagenet',
  title: 'ImageNet, Inception v3, 150,000 minibatches of 32: 3.7 passes over the images',
  needs:
    'ILSVRC 2012 as data sets of format `imagenet`, of both splits, at 299×299, and GPUs: a training is 150,000 steps of 32 images of 299×299.',
  comparedWithPaper:
    "Network, losses, optimizer, Algorithm 1, attacks, ε and number of steps are the paper's, the amount of training is not: its steps are taken by 50 machines together, each with a minibatch of 32, which is some 187 passes over the images. Here one machine takes them, which is 3.7. The learning rate falls every two passes as in the paper, so once here and some 93 times there. Accuracies are to be expected below the paper's.",
  datasetFormat: 'imagenet',
  sampleCount: 50_000,
  steps: STEPS,
  batchSize: BATCH_SIZE,
  optimizer: { name: 'rmsprop', parameters: { decay: 0.9, epsilon: 1 } },
  // Every two epochs of minibatches of 32.
  schedule: { name: 'staircase', parameters: { learningRate: 0.045, factor: 0.94, interval: Math.round((2 * IMAGES) / BATCH_SIZE) } },
  augmentation: { shift: 0, mirror: true },
  regularisation: { ...NO_REGULARISATION, labelSmoothing: 0.1, auxiliaryWeight: 0.4 },
  algorithm1: {
    k: 16,
    lambda: 0.3,
    epsilonMax: 16 / 255,
    epsilonDistribution: 'TRUNCATED_NORMAL',
    sigmaShare: 0.5,
    delay: 10_000 / STEPS,
  },
  epsilons: [2, 4, 8, 16].map((pixels) => pixels / 255),
  iterative: {},
  architecture: INCEPTION,
  architectures: [
    { name: 'Inception v3', architecture: INCEPTION },
    { name: 'ELU Inception v3', architecture: { ...INCEPTION, activation: 'elu' } },
    { name: 'ResNet-50', architecture: { architecture: 'resnet-50' } },
    { name: 'VGG-16', architecture: { architecture: 'vgg-16' } },
  ],
  widths: [0.5, 1, 1.5, 2],
};

/** Transfer between networks that are submitted with their weights: nothing is trained. */
export const imagenetTransfer: Scale = {
  ...imagenet,
  name: 'imagenet-transfer',
  title: 'ImageNet, networks that you submit, 1000 pictures at 224×224',
  needs:
    'Pictures as a data set of format `imagenet-224` and split TEST, or `testDatasetId`, and two models or more that are submitted: `modelIds`. For recipes that train nothing of their own: F4 and F5. Each model is a repetition: it takes three to decide anything.',
  comparedWithPaper:
    "Attacks and ε are the paper's, networks are yours, in place of Inception v3, Inception v4 and ResNets. Intervals are over source networks, not over seeds, and say nothing of other pictures.",
  datasetFormat: 'imagenet-224',
  sampleCount: 1000,
  steps: 0,
  architectures: [],
  takesModels: true,
};
