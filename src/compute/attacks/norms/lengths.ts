/** How long a change is in each norm, kept as `[batch, 1, 1, 1]`. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Norm } from '../../distances/index.js';
import { L1 } from './l1.js';
import { L2 } from './l2.js';
import { LINF } from './linf.js';
import { largestOf, lengthOf, sumOverPixels } from './reduce.js';

/** Half a level of 8 bits: what is less is noise of float32. */
const SMALLEST_CHANGE = 0.5 / 255;

export const lengthIn: Readonly<Record<Norm, (change: tf.Tensor) => tf.Tensor>> = {
  LINF: (change) => largestOf(tf.abs(change)),
  L2: lengthOf,
  L1: (change) => sumOverPixels(tf.abs(change)),
  L0: (change) => sumOverPixels(tf.cast(tf.greater(tf.abs(change), SMALLEST_CHANGE), 'float32')),
};

/** The same of one image's change, on the host. */
export const hostLengthIn: Readonly<Record<Norm, (change: Float32Array) => number>> = {
  LINF: (change) => LINF.length(change),
  L2: (change) => L2.length(change),
  L1: (change) => L1.length(change),
  L0: (change) => change.reduce((count, value) => count + Number(Math.abs(value) > SMALLEST_CHANGE), 0),
};

/** Length of a gradient in the norm dual to a distance: a change of length 1 in the distance raises the function by this at most. */
export const dualLengthIn: Readonly<Record<Norm, (gradient: tf.Tensor) => tf.Tensor>> = {
  LINF: lengthIn.L1,
  L2: lengthIn.L2,
  L1: lengthIn.LINF,
  L0: lengthIn.LINF,
};
