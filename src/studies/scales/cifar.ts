/** CIFAR-10, for a machine with many cores or a GPU. @module */
import { NO_REGULARISATION } from '../../compute/training/index.js';
import type { Scale } from '../types.js';

const EPOCHS = 60;
const BATCH_SIZE = 128;
const RESNET = { architecture: 'resnet-20' };

export const cifar: Scale = {
  name: 'cifar',
  title: 'CIFAR-10, ResNet-20 and its like, 60 passes over the images',
  needs: 'The CIFAR-10 data sets of both splits (`GAUNTLET_CIFAR10_DIR`), and hours: a training is 60 passes over 50,000 images.',
  comparedWithPaper:
    'Algorithm 1, attacks and ε are those of the paper, with minibatches of 128, of which half are adversarial; data set, networks, optimizer and length of training are not.',
  datasetFormat: 'cifar10',
  sampleCount: 2000,
  steps: Math.floor(50_000 / BATCH_SIZE) * EPOCHS,
  batchSize: BATCH_SIZE,
  optimizer: { name: 'sgd', parameters: { momentum: 0.9 } },
  schedule: { name: 'cosine', parameters: { learningRate: 0.1 } },
  augmentation: { shift: 4, mirror: true },
  regularisation: { ...NO_REGULARISATION, weightDecay: 5e-4 },
  algorithm1: {
    k: BATCH_SIZE / 2,
    lambda: 0.3,
    epsilonMax: 16 / 255,
    epsilonDistribution: 'TRUNCATED_NORMAL',
    sigmaShare: 0.5,
    delay: 1 / 15,
  },
  epsilons: [2, 4, 8, 16].map((pixels) => pixels / 255),
  iterative: {},
  architecture: RESNET,
  architectures: [
    { name: 'ResNet', architecture: RESNET },
    { name: 'ELU ResNet', architecture: { ...RESNET, activation: 'elu' } },
    { name: 'Wide ResNet', architecture: { architecture: 'wrn-16-4' } },
    { name: 'CNN', architecture: { architecture: 'mnist-cnn' } },
    { name: 'MLP', architecture: { architecture: 'mlp' } },
  ],
  widths: [0.5, 1, 1.5, 2],
};
