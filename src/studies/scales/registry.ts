/** All scales. A new one is one entry here. @module */
import type { Scale } from '../types.js';
import { cifar } from './cifar.js';
import { imagenet, imagenetTransfer } from './imagenet.js';
import { fashionMnistMini, mnistMini } from './mnist-mini.js';

export const scales: readonly Scale[] = [mnistMini, fashionMnistMini, cifar, imagenet, imagenetTransfer];
