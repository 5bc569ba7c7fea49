/** AdamW: Adam with the decay of weights beside the gradient's step, not in it (Loshchilov & Hutter 2019, arXiv 1711.05101). @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from '../types.js';
import { adam } from './adam.js';

/** @param weightDecay share of a weight that it loses in a step of learning rate 1. */
export function adamw(weightDecay = 0.01, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8): Optimizer {
  const step = adam(beta1, beta2, epsilon);
  return {
    name: 'adamw',
    parameters: { ...step.parameters, weightDecay },
    slots: step.slots,
    rates: (learningRate, index) => ({ ...step.rates(learningRate, index), kept: 1 - learningRate * weightDecay }),
    update: (weight, gradient, slots, rates) => step.update(tf.mul(weight, rates['kept']!), gradient, slots, rates),
  };
}
