/**
 * Adversarial weight perturbation (Wu et al. 2020, arXiv 2004.05884): PGD training whose gradient is taken at weights that are moved up the loss, which
 * flattens the loss around the weights.
 * @module
 */
import { real } from '../../parameters/index.js';
import { PGD_TRAINING_PARAMETERS, pgdTraining, pgdTrainingOptions } from './pgd.js';
import { defineScheme } from './definition.js';

export const awpDefinition = defineScheme({
  name: 'awp',
  title: 'Adversarial weight perturbation',
  description: 'PGD training with the gradient taken at weights that are themselves moved up the loss.',
  reference: {
    title: 'Adversarial Weight Perturbation Helps Robust Generalization',
    authors: 'Wu, Xia, Wang',
    year: 2020,
    link: 'arXiv:2004.05884',
  },
  parameters: {
    ...PGD_TRAINING_PARAMETERS,
    gamma: real({
      default: 0.01,
      minimum: 0,
      maximum: 1,
      description: 'γ: how far each weight tensor is moved, as a share of its length. The paper takes 0.01 with PGD training.',
    }),
  },
  create(parameters) {
    const gamma = parameters.gamma;
    const base = pgdTraining(pgdTrainingOptions(parameters));
    return { ...base, name: 'awp', parameters: { ...base.parameters, gamma }, weightPerturbation: gamma };
  },
});
