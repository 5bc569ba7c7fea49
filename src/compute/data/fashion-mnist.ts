/** Fashion-MNIST (Xiao et al. 2017, arXiv 1708.07747): IDX files, as Debian's package has them. @module */
import { findIdxFiles, openIdx } from './idx.js';
import type { DatasetFormat } from './types.js';

const DEBIAN_DIRECTORY = '/usr/share/datasets/fashion-mnist';

const CLASS_NAMES = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];

export const fashionMnist: DatasetFormat = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  description: `28×28 grey pictures of clothes: 60,000 for training, 10,000 for test. IDX files in ${DEBIAN_DIRECTORY} or in a folder of yours.`,
  needsDirectory: false,
  files: ({ directory, split }) =>
    findIdxFiles(
      directory ?? DEBIAN_DIRECTORY,
      split,
      'Install Debian\'s package "dataset-fashion-mnist", or name the folder that holds the four IDX files.',
    ),
  open: (files) => openIdx(files, CLASS_NAMES),
};
