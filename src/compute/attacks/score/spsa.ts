/** SPSA: gradients of the margin estimated by simultaneous perturbations of random sign, followed by Adam (Uesato et al. 2018). @module */
import { queryLimit } from '../core/black-box.js';
import { linfBudget } from '../core/budgets.js';
import { estimatedDescent, pairsOf } from './estimated-gradient.js';
import { row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { fillSigns } from '../core/normal-noise.js';
import { margin, objectiveOf } from '../core/objectives.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { UESATO_2018 } from '../core/references.js';
import type { AttackDefinition, AttackOutput, AttackTask } from '../core/definition.js';
import type { NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

const DELTA: NumberParameter = {
  type: 'number',
  default: 0.01,
  minimum: 1e-5,
  maximum: 1,
  description: 'δ: how far the images of an estimate are from the current one in each pixel value, as a fraction of the pixel range.',
};

const ALPHA: NumberParameter = {
  type: 'number',
  default: 0.01,
  minimum: 0,
  maximum: 1,
  description: "Adam's learning rate, as a fraction of the pixel range.",
};

/** Adam's decay rates and the term that keeps its quotient finite, as in Kingma & Ba 2015 (arXiv 1412.6980). */
const [BETA1, BETA2, TINY] = [0.9, 0.999, 1e-9];

export const spsa: AttackDefinition = {
  kind: 'SPSA',
  name: 'spsa',
  title: 'SPSA',
  description: 'Adam on a gradient that is estimated from the scores of images with every pixel moved up or down. Uses scores only.',
  access: 'SCORE',
  norms: ['LINF'],
  targeted: true,
  reference: UESATO_2018,
  parameters: {
    epsilon: LINF_EPSILON,
    queries: queryLimit(12_900),
    pairs: pairsOf(64, "The authors' code asks about 128 images."),
    delta: DELTA,
    alpha: ALPHA,
    ...TARGET_PARAMETERS,
  },
  budget: linfBudget,
  run,
};

function run(task: AttackTask, parameters: ParameterValues): Promise<AttackOutput> {
  const alpha = parameters['alpha'] as number;
  const size = task.images.data.length / Math.max(1, task.labels.length);
  const means = new Float32Array(task.images.data.length);
  const squares = new Float32Array(task.images.data.length);
  return estimatedDescent(task, {
    budget: linfBudget(parameters),
    queries: parameters['queries'] as number,
    pairs: parameters['pairs'] as number,
    radius: parameters['delta'] as number,
    objective: objectiveOf(task, margin),
    purpose: 'spsa.noise',
    fill: fillSigns,
    move(i, image, gradient, step) {
      const [mean, square] = [row(means, size, i), row(squares, size, i)];
      const [whole, wholeSquare] = [1 - BETA1 ** step, 1 - BETA2 ** step];
      for (let p = 0; p < size; p++) {
        mean[p] = BETA1 * mean[p]! + (1 - BETA1) * gradient[p]!;
        square[p] = BETA2 * square[p]! + (1 - BETA2) * gradient[p]! * gradient[p]!;
        image[p]! -= (alpha * (mean[p]! / whole)) / (Math.sqrt(square[p]! / wholeSquare) + TINY);
      }
    },
  });
}
