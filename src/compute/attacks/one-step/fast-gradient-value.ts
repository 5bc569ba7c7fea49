/** Fast gradient value: along the gradient of the loss itself, not its sign, as far as the model is fooled (Rozsa et al. 2016). @module */
import * as tf from '@tensorflow/tfjs-core';
import { l2Budget } from '../core/budgets.js';
import { lineSearch } from '../core/line-search.js';
import { signLoss } from '../core/losses.js';
import { smallestChange } from '../core/minimal-norm.js';
import { L2_CAP } from '../core/parameters.js';
import { ROZSA_2016 } from '../core/references.js';
import type { AttackDefinition, AttackTask } from '../core/definition.js';

export const fastGradientValue: AttackDefinition = {
  kind: 'FAST_GRADIENT_VALUE',
  name: 'fastGradientValue',
  title: 'Fast gradient value',
  description: 'Looks along the gradient of the loss at the image for the smallest change that fools the model.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: ROZSA_2016,
  parameters: { epsilon: L2_CAP },
  budget: l2Budget,
  run: (task, parameters) => smallestChange(task, l2Budget(parameters), 1, async (left) => lineSearch(left, await lossGradients(left))),
};

async function lossGradients(task: AttackTask) {
  const image = { dtype: 'float32', shape: task.model.spec.inputShape } as const;
  const gradient = await task.compile('gradient', { image, label: { dtype: 'int32', shape: [] } }, (scores, { image: x, label }) => ({
    gradient: tf.grad((at) => signLoss(scores(at as tf.Tensor4D), label as tf.Tensor1D, task.model.output))(x!),
  }));
  const label = { dtype: 'int32', shape: [task.labels.length], data: task.labels } as const;
  return (await gradient.run({ image: task.images, label }, { signal: task.signal })).gradient!;
}
