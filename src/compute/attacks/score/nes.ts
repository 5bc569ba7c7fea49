/** NES: projected gradient descent on scores, with gradients estimated by natural evolution strategies (Ilyas et al. 2018). @module */
import { queryLimit } from '../core/black-box.js';
import { linfBudget } from '../core/budgets.js';
import { estimatedDescent, pairsOf } from './estimated-gradient.js';
import { row } from '../core/image-arrays.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { fillNormal } from '../core/normal-noise.js';
import { logOdds, objectiveOf } from '../core/objectives.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { ILYAS_2018 } from '../core/references.js';
import type { AttackDefinition, AttackOutput, AttackTask } from '../core/definition.js';
import type { NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

const SIGMA: NumberParameter = {
  type: 'number',
  default: 0.001,
  minimum: 1e-5,
  maximum: 1,
  description: 'σ: standard deviation of the Gaussian noise of an estimate, as a fraction of the pixel range.',
};

const ALPHA: NumberParameter = {
  type: 'number',
  default: 0.01,
  minimum: 0,
  maximum: 1,
  description: 'η: length of one step (L∞), as a fraction of the pixel range.',
};

/** Share of the gradient before in the next, as in the authors' code. */
const MOMENTUM = 0.9;

export const nes: AttackDefinition = {
  kind: 'NES',
  name: 'nes',
  title: 'NES',
  description: 'Steps along the sign of a gradient that is estimated from the scores of images with Gaussian noise. Uses scores only.',
  access: 'SCORE',
  norms: ['LINF'],
  targeted: true,
  reference: ILYAS_2018,
  parameters: {
    epsilon: LINF_EPSILON,
    queries: queryLimit(10_000),
    pairs: pairsOf(25, 'The paper asks about 50 images.'),
    sigma: SIGMA,
    alpha: ALPHA,
    ...TARGET_PARAMETERS,
  },
  budget: linfBudget,
  run,
};

function run(task: AttackTask, parameters: ParameterValues): Promise<AttackOutput> {
  const alpha = parameters['alpha'] as number;
  const size = task.images.data.length / Math.max(1, task.labels.length);
  const momenta = new Float32Array(task.images.data.length);
  return estimatedDescent(task, {
    budget: linfBudget(parameters),
    queries: parameters['queries'] as number,
    pairs: parameters['pairs'] as number,
    radius: parameters['sigma'] as number,
    objective: objectiveOf(task, logOdds(task)),
    purpose: 'nes.noise',
    fill: fillNormal,
    move(i, image, gradient) {
      const momentum = row(momenta, size, i);
      for (let p = 0; p < size; p++) {
        momentum[p] = MOMENTUM * momentum[p]! + (1 - MOMENTUM) * gradient[p]!;
        image[p]! -= alpha * Math.sign(momentum[p]!);
      }
    },
  });
}
