/** Minutes on two cores: two thirds of a pass over MNIST, or two and a half over Fashion-MNIST. @module */
import { NO_REGULARISATION } from '../../compute/training/index.js';
import type { Scale } from '../types.js';

const BATCH_SIZE = 64;
const SMALL_CNN = { architecture: 'mnist-small-cnn', width: 0.5 };

export const mnistMini: Scale = {
  name: 'mnist-mini',
  title: 'MNIST, small networks, 600 minibatches',
  needs: 'The MNIST data sets of both splits, which ship with the server. A training takes seconds on 2 cores.',
  comparedWithPaper:
    'Other data, tiny networks, Adam, and two thirds of a pass over the images. Adversarial images count as much as clean ones (λ = 1, not 0.3), ε goes up to 0.3 and not to 16 of 255, and iterative attacks take 20 steps of 0.02. It shows the direction of a finding, not its size.',
  datasetFormat: 'mnist',
  sampleCount: 300,
  steps: 600,
  batchSize: BATCH_SIZE,
  optimizer: { name: 'adam', parameters: {} },
  schedule: { name: 'cosine', parameters: { learningRate: 0.003 } },
  augmentation: { shift: 0, mirror: false },
  regularisation: NO_REGULARISATION,
  // ε_max as is usual for MNIST (Madry et al. 2018); σ / ε_max and the delay's share of the steps as in the paper.
  algorithm1: {
    k: BATCH_SIZE / 2,
    lambda: 1,
    epsilonMax: 0.3,
    epsilonDistribution: 'TRUNCATED_NORMAL',
    sigmaShare: 0.5,
    delay: 1 / 15,
  },
  epsilons: [0.05, 0.1, 0.2, 0.3],
  // ε is up to 76 of 255 here: the paper's steps of 1 of 255 would be 80.
  iterative: { alpha: 0.02, steps: 20 },
  architecture: SMALL_CNN,
  architectures: [
    { name: 'CNN', architecture: SMALL_CNN },
    { name: 'ELU CNN', architecture: { ...SMALL_CNN, activation: 'elu' } },
    { name: 'ResNet', architecture: { architecture: 'resnet-20', width: 0.25 } },
    { name: 'MLP', architecture: { architecture: 'mlp' } },
  ],
  widths: [0.25, 0.5, 1, 2],
};

/** Larger and longer than for MNIST, and with one ε: enough for a network to learn the pattern that FGSM leaves, which is what label leaking comes of. */
export const fashionMnistMini: Scale = {
  ...mnistMini,
  name: 'fashion-mnist-mini',
  title: 'Fashion-MNIST, small networks, 2400 minibatches',
  needs: 'The Fashion-MNIST data sets of both splits. A training takes a minute on 2 cores.',
  comparedWithPaper:
    'As `mnist-mini`, with two and a half passes over the images, a larger network, and one ε for all adversarial images, where the paper draws them.',
  datasetFormat: 'fashion-mnist',
  steps: 2400,
  algorithm1: { ...mnistMini.algorithm1, epsilonDistribution: 'FIXED' },
  architecture: { architecture: 'mnist-small-cnn' },
};
