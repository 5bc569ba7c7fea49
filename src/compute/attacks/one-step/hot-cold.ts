/** Hot/cold: raises the score of one class and lowers that of the predicted one, as far as the model is fooled, or the target reached (Rozsa et al. 2016). @module */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../tensors/types.js';
import { l2Budget } from '../core/budgets.js';
import { TARGET_PARAMETERS, wrongClass } from '../core/labels.js';
import { lineSearch } from '../core/line-search.js';
import { smallestChange } from '../core/minimal-norm.js';
import { L2_CAP } from '../core/parameters.js';
import { ROZSA_2016 } from '../core/references.js';
import type { AttackDefinition, AttackTask } from '../core/definition.js';

export const hotCold: AttackDefinition = {
  kind: 'HOT_COLD',
  name: 'hotCold',
  title: 'Hot/cold',
  description:
    'Looks for the smallest change that fools the model, or reaches the target, along the direction that raises the score of a hot class, the likeliest wrong one or the target, and lowers that of the predicted one.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: true,
  reference: ROZSA_2016,
  parameters: { epsilon: L2_CAP, ...TARGET_PARAMETERS },
  budget: l2Budget,
  run: (task, parameters) =>
    smallestChange(task, l2Budget(parameters), 1, async (left) => lineSearch(left, await directions(left, weightsOf(left)))),
};

/** The gradient of `Σ weights · scores`. */
async function directions(task: AttackTask, weights: HostTensor): Promise<HostTensor> {
  const { inputShape, classCount } = task.model.spec;
  const inputs = { image: { dtype: 'float32', shape: inputShape }, weights: { dtype: 'float32', shape: [classCount] } } as const;
  const gradient = await task.compile('gradient', inputs, (scores, { image, weights }) => ({
    gradient: tf.grad((at) => tf.sum(tf.mul(scores(at as tf.Tensor4D), weights!)))(image!),
  }));
  return (await gradient.run({ image: task.images, weights }, { signal: task.signal })).gradient!;
}

/** The paper's features to map back to the image: `|z|` at the hot class, `-|z|` at the cold one, zero elsewhere. */
function weightsOf(task: AttackTask): HostTensor {
  const { shape, data } = task.cleanLogits;
  const classes = shape[1]!;
  const hot = task.targets ?? wrongClass(task, 0);
  const weights = new Float32Array(data.length);
  for (const [i, cold] of task.labels.entries()) {
    weights[i * classes + cold] = -Math.abs(data[i * classes + cold]!);
    weights[i * classes + hot[i]!] = Math.abs(data[i * classes + hot[i]!]!);
  }
  return { dtype: 'float32', shape, data: weights };
}
