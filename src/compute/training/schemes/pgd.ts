/** Training on PGD images alone (Madry et al. 2017, arXiv 1706.06083): the network is trained against the strongest first-order adversary of a budget. @module */
import { choice, type ValuesOf } from '../../parameters/index.js';
import * as tf from '@tensorflow/tfjs-core';
import { type BudgetNorm, L2, LINF, MADRY_2017 } from '../../attacks/index.js';
import { randomStream } from '../../random.js';
import { sizeOf } from '../../tensors/index.js';
import { ascend, crossEntropyOf } from '../adversary.js';
import { meanLoss } from '../mixed-batch.js';
import { floats } from '../random-inputs.js';
import type { TrainingScheme } from '../types.js';
import { defineScheme, EPSILON, STEP_SIZE, STEPS, stepSize } from './definition.js';

export interface PgdTrainingOptions {
  readonly norm: BudgetNorm;
  readonly epsilon: number;
  readonly alpha: number;
  readonly steps: number;
}

export function pgdTraining({ norm, epsilon, alpha, steps }: PgdTrainingOptions): TrainingScheme {
  return {
    name: 'pgd',
    parameters: { norm: norm.norm, epsilon, alpha, steps },
    inputs: ({ m, imageShape }) => ({ start: [m, ...imageShape] }),
    draw({ m, imageShape }, seed, step) {
      const [stream, size] = [randomStream(seed, 'pgd.start', step), sizeOf(imageShape)];
      const change = new Float32Array(m * size);
      for (let i = 0; i < m; i++) change.set(norm.randomChange(stream, size), i * size);
      return {
        start: floats(
          [m, ...imageShape],
          change.map((value) => epsilon * value),
        ),
      };
    },
    prepare(step) {
      const { images, labels, inputs } = step;
      const start = tf.clipByValue(tf.add(images, inputs['start']!), 0, 1) as tf.Tensor4D;
      return {
        adversarial: ascend(crossEntropyOf(step, labels), images, { norm, epsilon, stepSizes: Array<number>(steps).fill(alpha), start }),
      };
    },
    loss: (network, { labels }, { adversarial }) => meanLoss(network, adversarial as tf.Tensor4D, labels),
  };
}

/** Parameters of training on PGD images. */
export const PGD_TRAINING_PARAMETERS = {
  norm: choice({
    enumName: 'TrainingNorm',
    values: { LINF: 'Largest change of any pixel value.', L2: 'Euclidean length of the change.' },
    default: 'LINF',
    description: 'Norm of the budget.',
  }),
  epsilon: {
    ...EPSILON,
    maximum: 1000,
    description: 'Budget in the units of the norm. Usual are 8/255 (L∞, photographs), 0.3 (L∞, MNIST), 0.5 (L2).',
  },
  steps: STEPS,
  alpha: STEP_SIZE,
};

export function pgdTrainingOptions({ norm, epsilon, steps, alpha }: ValuesOf<typeof PGD_TRAINING_PARAMETERS>): PgdTrainingOptions {
  return { norm: norm === 'L2' ? L2 : LINF, epsilon, alpha: stepSize({ epsilon, steps, alpha }), steps };
}

export const pgdDefinition = defineScheme({
  name: 'pgd',
  title: 'PGD training',
  description: 'Every image is replaced by a PGD image from a random start: training against the strongest first-order adversary.',
  reference: MADRY_2017,
  parameters: PGD_TRAINING_PARAMETERS,
  create: (parameters) => pgdTraining(pgdTrainingOptions(parameters)),
});
