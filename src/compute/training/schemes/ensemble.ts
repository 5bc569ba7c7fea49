/**
 * Ensemble adversarial training (Tramèr et al. 2017, arXiv 1705.07204): the adversarial images of each minibatch are made on one of several networks, the current one or
 * one that does not change, so that the network cannot learn to make its own attacks weak.
 * @module
 */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { TRAMER_2017 } from '../../attacks/index.js';
import { rows } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import type { DifferentiableModel } from '../../models/index.js';
import { randomStream } from '../../random.js';
import { pick } from '../drawn-attacks.js';
import type { TrainingScheme, WeightedAttack } from '../types.js';
import { exampleWeights, mixedLoss } from '../mixed-batch.js';
import { ADVERSARIAL_COUNT, ADVERSARIAL_WEIGHT, adversarialCount, checkAdversarialCount, defineScheme, EPSILON } from './definition.js';

export interface EnsembleOptions {
  readonly adversarialCount: number;
  readonly adversarialWeight: number;
  readonly attacks: readonly WeightedAttack[];
  readonly models: readonly DifferentiableModel[];
}

function ensemble({ adversarialCount: k, adversarialWeight, attacks, models }: EnsembleOptions): TrainingScheme {
  return {
    name: 'ensemble',
    parameters: { k },
    inputs: ({ m, imageShape }) => ({ adversarial: [k, ...imageShape], exampleWeights: [m] }),
    draw: ({ m }) => ({ exampleWeights: exampleWeights(m, k, adversarialWeight) }),
    async fetch({ images, labels, seed, step, attack }) {
      const stream = randomStream(seed, 'ensemble', step);
      const source = [undefined, ...models][stream.integer(models.length + 1)];
      return { adversarial: await attack(pick(attacks, stream), rows(images, 0, k), labels.subarray(0, k), source) };
    },
    loss: (network, step) => mixedLoss(network, step, step.inputs['adversarial'] as Tensor4D, step.inputs['exampleWeights']!),
  };
}

export const ensembleDefinition = defineScheme({
  name: 'ensemble',
  title: 'Ensemble adversarial training',
  description:
    'k images of every minibatch are attacked on the current network or on one of several others that do not change, drawn for each minibatch.',
  reference: TRAMER_2017,
  parameters: {
    k: { ...ADVERSARIAL_COUNT, minimum: 1 },
    lambda: { ...ADVERSARIAL_WEIGHT, default: 1, description: "λ: weight of an adversarial image's loss against a clean one's." },
    epsilon: { ...EPSILON, description: 'Budget of FGSM, the attack where `attacks` names none, as a fraction of the pixel range.' },
  },
  uses: { models: 'The models that do not change, one at least.', attacks: 'Attacks to draw from. Default: FGSM.' },
  check(parameters, given) {
    checkAdversarialCount(parameters, given);
    if (given.modelCount === 0) {
      throw new ComputeError('INVALID_TRAINING', 'Ensemble adversarial training needs at least one other model.', ['modelIds']);
    }
  },
  create(parameters, { batchSize, models = [], attacks }) {
    const fgsm = { kind: 'FGSM', parameters: { epsilon: parameters['epsilon'], label: 'TRUE' }, weight: 1 };
    return ensemble({
      adversarialCount: adversarialCount(parameters, batchSize),
      adversarialWeight: parameters.lambda,
      attacks: attacks?.length ? attacks : [fgsm],
      models,
    });
  },
});
