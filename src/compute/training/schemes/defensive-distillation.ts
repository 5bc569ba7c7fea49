/**
 * Defensive distillation (Papernot et al. 2015, arXiv 1511.04508): training at temperature T, the student on its teacher's probabilities. Evaluated at T = 1 the
 * student's softmax saturates, which hides gradients from attacks rather than making the network robust: a case for the checks of gradient masking.
 * @module
 */
import { real } from '../../parameters/index.js';
import * as tf from '@tensorflow/tfjs-core';
import type { DifferentiableModel } from '../../models/index.js';
import type { TrainingScheme } from '../types.js';
import { ComputeError } from '../../errors.js';
import { defineScheme } from './definition.js';

/** @param teacher Default: none, which trains one, on the labels. */
export function defensiveDistillation(temperature: number, teacher?: DifferentiableModel): TrainingScheme {
  return {
    name: 'defensiveDistillation',
    parameters: { temperature, teacher: teacher !== undefined },
    ...(teacher && {
      inputs: ({ m, classCount }) => ({ teacher: [m, classCount] }),
      fetch: async ({ images, predict }) => ({ teacher: await predict(teacher, images) }),
    }),
    loss(network, { images, labels, inputs }) {
      const pass = network(images);
      const targets = inputs['teacher'] ? tf.softmax(tf.div(inputs['teacher'], temperature)) : labels;
      return { loss: tf.mean(pass.crossEntropy(targets, temperature)), logits: pass.logits, labels };
    },
  };
}

export const defensiveDistillationDefinition = defineScheme({
  name: 'defensiveDistillation',
  title: 'Defensive distillation',
  description: 'Training at a temperature, on the labels (which makes a teacher) or on the probabilities of a teacher.',
  reference: {
    title: 'Distillation as a Defense to Adversarial Perturbations against Deep Neural Networks',
    authors: 'Papernot, McDaniel, Wu, Jha, Swami',
    year: 2015,
    link: 'arXiv:1511.04508',
  },
  parameters: {
    temperature: real({
      default: 20,
      minimum: 1,
      maximum: 1000,
      description: 'T, what logits are divided by in training. The paper takes 1 to 100.',
    }),
  },
  uses: { models: 'The teacher, one model that was trained at the same temperature. Default: none; the labels are learned.' },
  check(_, { modelCount }) {
    if (modelCount > 1) throw new ComputeError('INVALID_TRAINING', 'Defensive distillation has one teacher.', ['modelIds']);
  },
  create({ temperature }, { models }) {
    if (models?.[0]?.output === 'PROBABILITIES') {
      throw new ComputeError(
        'INVALID_TRAINING',
        'The teacher must output logits; this one ends in probabilities. Choose another teacher.',
        ['modelIds', '0'],
      );
    }
    return defensiveDistillation(temperature, models?.[0]);
  },
});
