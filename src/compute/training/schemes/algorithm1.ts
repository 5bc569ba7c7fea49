/**
 * Algorithm 1 of Kurakin et al. 2016 (arXiv 1611.01236): k of the m images of every minibatch are replaced by adversarial images made with the current network,
 * and one forward pass sees all m, so that batch norm sees both kinds.
 * @module
 */
import { boolean, choice, integer, magnitude, real } from '../../parameters/index.js';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { KURAKIN_2016_SCALE } from '../../attacks/index.js';
import { rows } from '../../tensors/index.js';
import { randomStream, type RandomStream, truncatedNormal } from '../../random.js';
import { DrawnAttacks, pick } from '../drawn-attacks.js';
import type { TrainingScheme, WeightedAttack } from '../types.js';
import { exampleWeights, mixedLoss, type Statistics } from '../mixed-batch.js';
import { ADVERSARIAL_COUNT, ADVERSARIAL_WEIGHT, adversarialCount, checkAdversarialCount, defineScheme, STEPS } from './definition.js';
import { standard } from './standard.js';

export type EpsilonDistribution = 'TRUNCATED_NORMAL' | 'UNIFORM' | 'FIXED';

export interface Algorithm1Options {
  /** k. */
  readonly adversarialCount: number;
  /** λ. */
  readonly adversarialWeight: number;
  /** Drawn for each image by their weights; the ε of each is the largest that an image gets. */
  readonly attacks: readonly WeightedAttack[];
  readonly distribution: EpsilonDistribution;
  /** σ of the truncated normal as a share of the largest ε. The paper takes 8 / 16. */
  readonly sigmaShare: number;
  /** Steps of plain training before the first adversarial image (k = 0). */
  readonly delaySteps: number;
  readonly statistics: Statistics;
}

/** Step l.l. with ε from the paper's distribution. */
export function stepLlUpTo(epsilon: number): Pick<Algorithm1Options, 'attacks' | 'distribution' | 'sigmaShare' | 'statistics'> {
  const attacks = [{ kind: 'STEP_LL', parameters: { epsilon }, weight: 1 }];
  return { attacks, distribution: 'TRUNCATED_NORMAL', sigmaShare: 0.5, statistics: 'MIXED' };
}

export function algorithm1(options: Algorithm1Options): TrainingScheme {
  const { adversarialCount: k, adversarialWeight, attacks, delaySteps, statistics } = options;
  if (k === 0) return { ...standard, name: 'algorithm1' };
  const drawnAttacks = DrawnAttacks.of(attacks, k);
  return drawnAttacks
    ? inStep(options, drawnAttacks)
    : {
        name: 'algorithm1.suite',
        parameters: { k, statistics },
        inputs: ({ m, imageShape }) => ({ adversarial: [k, ...imageShape], exampleWeights: [m] }),
        delaySteps,
        draw: ({ m }) => ({ exampleWeights: exampleWeights(m, k, adversarialWeight) }),
        async fetch({ images, labels, seed, step, attack }) {
          const replaced = rows(images, 0, k);
          const chosen = pick(attacks, randomStream(seed, 'algorithm1.attack', step));
          return { adversarial: await attack(chosen, replaced, labels.subarray(0, k)) };
        },
        loss: (network, step) =>
          mixedLoss(network, step, step.inputs['adversarial'] as Tensor4D, step.inputs['exampleWeights']!, statistics),
      };
}

function inStep(options: Algorithm1Options, attacks: DrawnAttacks): TrainingScheme {
  const { adversarialCount: k, adversarialWeight, delaySteps, statistics } = options;
  return {
    name: 'algorithm1',
    parameters: { attacks: attacks.signature, statistics },
    inputs: (shape) => ({ ...attacks.inputs(shape), exampleWeights: [shape.m] }),
    delaySteps,
    draw(shape, seed, step) {
      const stream = randomStream(seed, 'algorithm1', step);
      const drawn = attacks.draw(stream, shape, (epsilonMax) => drawEpsilon(options, epsilonMax, stream));
      return { ...drawn, exampleWeights: exampleWeights(shape.m, k, adversarialWeight) };
    },
    prepare: (step) => ({ adversarial: attacks.make(step) }),
    loss: (network, step, { adversarial }) => mixedLoss(network, step, adversarial as Tensor4D, step.inputs['exampleWeights']!, statistics),
  };
}

function drawEpsilon({ distribution, sigmaShare }: Algorithm1Options, epsilonMax: number, stream: RandomStream): number {
  switch (distribution) {
    case 'FIXED':
      return epsilonMax;
    case 'UNIFORM':
      return epsilonMax * stream.uniform();
    case 'TRUNCATED_NORMAL':
      return truncatedNormal(stream, sigmaShare * epsilonMax, 0, epsilonMax);
  }
}

export const algorithm1Definition = defineScheme({
  name: 'algorithm1',
  title: 'Algorithm 1',
  description:
    'k of the m images of every minibatch are replaced by adversarial images made with the current network; one pass sees clean and adversarial images together.',
  reference: KURAKIN_2016_SCALE,
  parameters: {
    k: ADVERSARIAL_COUNT,
    lambda: ADVERSARIAL_WEIGHT,
    epsilonMax: magnitude({
      default: 16 / 255,
      minimum: 0,
      maximum: 1,
      description:
        'Largest ε of step l.l., the attack where `attacks` names none, as a fraction of the pixel range. The paper takes 16/255.',
    }),
    epsilonDistribution: choice({
      enumName: 'EpsilonDistribution',
      values: {
        TRUNCATED_NORMAL: 'N(0, σ) truncated to [0, ε_max], as in the paper.',
        UNIFORM: 'Uniform in [0, ε_max].',
        FIXED: 'Always ε_max: the network becomes robust at that ε alone.',
      },
      default: 'TRUNCATED_NORMAL',
      description: 'How the ε of each image is drawn.',
    }),
    sigmaShare: real({
      default: 0.5,
      minimum: 0.01,
      maximum: 100,
      description: 'σ of the truncated normal as a share of ε_max. The paper takes 8 / 16.',
    }),
    delaySteps: integer({
      default: 0,
      minimum: 0,
      maximum: 1_000_000_000,
      description: 'Steps of plain training before the first adversarial image. The paper takes 10,000 of 150,000.',
    }),
    statisticsApart: boolean({
      default: false,
      description:
        'Two passes, so that batch norm takes the statistics of clean and adversarial images each by themselves, rather than of the mixed minibatch (auxiliary batch norm, Xie et al. 2020).',
    }),
    movingStatistics: choice({
      enumName: 'MovingStatistics',
      values: {
        CLEAN: 'The clean images: the adversarial statistics are dropped after training, as by Xie et al. 2020.',
        ADVERSARIAL: 'The adversarial images: for a model that will meet them.',
      },
      default: 'CLEAN',
      description:
        'With `statisticsApart`, the images whose statistics the model normalises by at inference. Where k = m there are adversarial ones alone.',
    }),
  },
  uses: {
    attacks: `Attacks to draw from. One-step L∞ attacks, and iterative ones of at most ${STEPS.maximum} steps, are made inside the step, one drawn for each image, with the ε of each as its ε_max; where another attack is named, one is drawn for each minibatch and made by the suite with its own ε. Default: step l.l.`,
  },
  check: checkAdversarialCount,
  create(parameters, { batchSize, attacks }) {
    return algorithm1({
      ...stepLlUpTo(parameters.epsilonMax),
      ...(attacks?.length ? { attacks } : {}),
      adversarialCount: adversarialCount(parameters, batchSize),
      adversarialWeight: parameters.lambda,
      distribution: parameters.epsilonDistribution,
      sigmaShare: parameters.sigmaShare,
      delaySteps: parameters.delaySteps,
      statistics: parameters.statisticsApart ? parameters.movingStatistics : 'MIXED',
    });
  },
});
