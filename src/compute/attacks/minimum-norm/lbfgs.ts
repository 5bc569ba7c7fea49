/**
 * Box-constrained L-BFGS (Szegedy et al. 2013): `min ‖x - X‖² + c · J(x)` inside the pixel range, with a search for the smallest c that succeeds. J is the
 * cross-entropy of the target, or of any class but the true one, `-log(1 - p_y)`.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/index.js';
import { integer } from '../../parameters/index.js';
import { floats, gather } from '../../tensors/index.js';
import { l2Budget } from '../core/budgets.js';
import { type AttackTask, defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { lossAndGradient } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { L2_CAP } from '../core/parameters.js';
import { sumOverPixels } from '../norms/reduce.js';
import { minimiseInBox } from './box-lbfgs.js';
import { initialConstant, SEARCH_STEPS, searchConstant } from './constant-search.js';
import { evaluated } from './evaluated.js';
import { goalLogOdds } from './goal.js';
import { classes } from './steps.js';

export const lbfgs = defineAttack({
  kind: 'LBFGS',
  name: 'lbfgs',
  title: 'Box-constrained L-BFGS',
  description:
    'Minimises the length of the change and the cross-entropy of a wrong class together by L-BFGS, and searches for the best weight of the two.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: {
    title: 'Intriguing properties of neural networks',
    authors: 'Szegedy, Zaremba, Sutskever, Bruna, Erhan, Goodfellow, Fergus',
    year: 2013,
    link: 'arXiv:1312.6199',
  },
  parameters: {
    epsilon: L2_CAP,
    steps: integer({
      default: 1000,
      minimum: 1,
      maximum: 100_000,
      description: 'Most steps for each c; an example that has come to a minimum takes fewer.',
    }),
    searchSteps: SEARCH_STEPS,
    initialConstant: initialConstant(0.01),
    ...TARGET_PARAMETERS,
  },
  budget: l2Budget,
  run: (task, values) =>
    smallestChange(task, l2Budget(values), 1, async (left) => {
      const { labels, direction } = aim(left);
      const objective = await compileObjective(left, direction);
      return searchConstant(left, values, async (constants) => {
        const { x, evaluations } = await minimiseInBox(left.images, values.steps, async (current, rows) => {
          const inputs = {
            current,
            original: gather(left.images, rows),
            aim: classes(rows.map((i) => labels[i]!)),
            c: gather(constants, rows),
          };
          const { value, gradient } = await objective.run(inputs, { signal: left.signal });
          return { values: floats(value!), gradients: floats(gradient!) };
        });
        // The images, rounded to 8 bits, that reach the goal.
        const found = await evaluated(left, x, 'L2');
        return { ...found, queries: evaluations.map((count) => count + 1), gradients: evaluations };
      });
    }),
});

/** @param name unlike for a target and without one. */
function compileObjective(task: AttackTask, name: string): Promise<BatchedFunction> {
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const c = { dtype: 'float32', shape: [1, 1, 1] } as const;
  return task.compile(name, { current: image, original: image, aim: { dtype: 'int32', shape: [] }, c }, (logits, inputs) => {
    const { current, original, aim: goalClass, c: weight } = inputs;
    const { losses, gradient } = lossAndGradient(task, logits, current!, (scores, x) => {
      const crossEntropy = tf.softplus(tf.neg(goalLogOdds(task, goalClass as tf.Tensor1D)(scores)));
      return tf.add(sumOverPixels(tf.square(tf.sub(x, original!))), tf.mul(weight!, crossEntropy));
    });
    return { value: losses, gradient };
  });
}
