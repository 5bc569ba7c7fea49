/** Plain training: every image as it is, every example with the same weight. @module */
import { meanLoss } from '../mixed-batch.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme } from './definition.js';

export const standard: TrainingScheme = {
  name: 'standard',
  parameters: {},
  loss: (network, { images, labels }) => meanLoss(network, images, labels),
};

export const standardDefinition = defineScheme({
  name: 'standard',
  title: 'Plain training',
  description: 'Every image as it is: the baseline of all others.',
  reference: {
    title: 'Learning representations by back-propagating errors',
    authors: 'Rumelhart, Hinton, Williams',
    year: 1986,
    link: '10.1038/323533a0',
  },
  parameters: {},
  create: () => standard,
});
