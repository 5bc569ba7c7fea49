/**
 * Box-constrained L-BFGS (Szegedy et al. 2013): `min ‖x - X‖² + c · J(x)` inside the pixel range, with a search for the smallest c that succeeds. J is the
 * cross-entropy of the target, or of any class but the true one, `-log(1 - p_y)`.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/types.js';
import type { HostTensor } from '../../tensors/types.js';
import { minimiseInBox } from './box-lbfgs.js';
import { l2Budget } from '../core/budgets.js';
import { INITIAL_CONSTANT, SEARCH_STEPS, searchConstant } from './constant-search.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { logOddsLoss, lossAndGradient } from '../core/losses.js';
import { classes, type Found, foundBy, reachedBy, rounded, smallestChange, takeSteps } from '../core/minimal-norm.js';
import { sumOverPixels } from '../norms/reduce.js';
import { L2_CAP } from '../core/parameters.js';
import type { Direction } from '../core/projected-gradient.js';
import { SZEGEDY_2013 } from '../core/references.js';
import { gather } from '../../tensors/rows.js';
import type { AttackDefinition, AttackTask } from '../core/definition.js';
import type { NumberParameter, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = {
  type: 'integer',
  default: 1000,
  minimum: 1,
  maximum: 100_000,
  description: 'Most steps for each c; an example that has come to a minimum takes fewer.',
};

export const lbfgs: AttackDefinition = {
  kind: 'LBFGS',
  name: 'lbfgs',
  title: 'Box-constrained L-BFGS',
  description:
    'Minimises the length of the change and the cross-entropy of a wrong class together by L-BFGS, and searches for the best weight of the two.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: SZEGEDY_2013,
  parameters: {
    epsilon: L2_CAP,
    steps: STEPS,
    searchSteps: SEARCH_STEPS,
    initialConstant: { ...INITIAL_CONSTANT, default: 0.01 },
    ...TARGET_PARAMETERS,
  },
  budget: l2Budget,
  run: (task, parameters) => smallestChange(task, l2Budget(parameters), 1, (left) => search(left, parameters)),
};

async function search(task: AttackTask, parameters: ParameterValues): Promise<Found> {
  const { labels, direction } = aim(task);
  const objective = await compileObjective(task, direction);
  return searchConstant(task, parameters['searchSteps'] as number, parameters['initialConstant'] as number, async (constants) => {
    const { x, evaluations } = await minimiseInBox(task.images, parameters['steps'] as number, async (current, rows) => {
      const inputs = {
        current,
        original: gather(task.images, rows),
        aim: classes(rows.map((i) => labels[i]!)),
        c: gather(constants, rows),
      };
      const { value, gradient } = await objective.run(inputs, { signal: task.signal });
      return { values: value!.data as Float32Array, gradients: gradient!.data as Float32Array };
    });
    const found = await judged(task, x);
    return { ...found, queries: evaluations.map((count) => count + 1), gradients: evaluations };
  });
}

function compileObjective(task: AttackTask, direction: Direction): Promise<BatchedFunction> {
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const c = { dtype: 'float32', shape: [1, 1, 1] } as const;
  return task.compile(direction, { current: image, original: image, aim: { dtype: 'int32', shape: [] }, c }, (logits, inputs) => {
    const { current, original, aim: aimed, c: weight } = inputs as Record<string, tf.Tensor>;
    const { losses, gradient } = lossAndGradient(task, logits, current!, (scores, x) => {
      const odds = tf.reshape(logOddsLoss(scores, aimed as tf.Tensor1D, task.model.output), [-1, 1, 1, 1]);
      const crossEntropy = tf.softplus(direction === 'ascend' ? tf.neg(odds) : odds);
      return tf.add(sumOverPixels(tf.square(tf.sub(x, original!))), tf.mul(weight!, crossEntropy));
    });
    return { value: losses, gradient };
  });
}

/** The images, rounded to 8 bits, that reach the goal. */
async function judged(task: AttackTask, x: HostTensor): Promise<Found> {
  const last = await takeSteps(task, {
    name: 'judge',
    norm: 'L2',
    count: 1,
    state: {},
    fixed: { x },
    step(logits, { original, aim: aimed, x: exact }) {
      const image = rounded(exact!, original!, 'L2');
      return { image, reached: reachedBy(task, logits(image as tf.Tensor4D), aimed!), state: {} };
    },
  });
  return foundBy(last, 1, 0);
}
