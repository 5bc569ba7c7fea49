/**
 * The smallest change along one gradient that fools the model, or reaches the target (Rozsa et al. 2016): along the loss's (fast gradient value), or along that of
 * a hot score over a cold one (hot/cold). The gradient itself is followed, not its sign.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../tensors/index.js';
import { l2Budget } from '../core/budgets.js';
import { type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS, wrongClass } from '../core/labels.js';
import { lineSearch } from './line-search.js';
import { signLoss } from '../core/losses.js';
import { smallestChange } from '../core/minimum-norm.js';
import { L2_CAP } from '../core/parameters.js';

const ROZSA_2016: AttackReference = {
  title: 'Adversarial Diversity and Hard Positive Generation',
  authors: 'Rozsa, Rudd, Boult',
  year: 2016,
  link: 'arXiv:1605.01775',
};

const ALONG_GRADIENT = { access: 'GRADIENT', norms: ['L2'], reference: ROZSA_2016, budget: l2Budget } as const;

export const fastGradientValue = defineAttack({
  ...ALONG_GRADIENT,
  kind: 'FAST_GRADIENT_VALUE',
  name: 'fastGradientValue',
  title: 'Fast gradient value',
  description: 'Looks along the gradient of the loss at the image for the smallest change that fools the model, or reaches the target.',
  targeted: true,
  parameters: { epsilon: L2_CAP, ...TARGET_PARAMETERS },
  run: (task, parameters) => smallestChange(task, l2Budget(parameters), 1, async (left) => lineSearch(left, await lossGradients(left))),
});

export const hotCold = defineAttack({
  ...ALONG_GRADIENT,
  kind: 'HOT_COLD',
  name: 'hotCold',
  title: 'Hot/cold',
  description:
    'Looks for the smallest change that fools the model, or reaches the target, along the direction that raises the score of a hot class, the likeliest wrong one or the target, and lowers that of the predicted one.',
  targeted: true,
  parameters: { epsilon: L2_CAP, ...TARGET_PARAMETERS },
  run: (task, parameters) => smallestChange(task, l2Budget(parameters), 1, async (left) => lineSearch(left, await scoreGradients(left))),
});

async function lossGradients(task: AttackTask): Promise<HostTensor> {
  const inputs = { image: { dtype: 'float32', shape: task.model.spec.inputShape }, label: { dtype: 'int32', shape: [] } } as const;
  const { labels, direction } = aim(task);
  const compiled = await task.compile(`gradient.${direction}`, inputs, (scores, { image, label }) => ({
    gradient: tf.grad((x) => {
      const loss = signLoss(scores(x as tf.Tensor4D), label as tf.Tensor1D, task.model.output);
      return direction === 'ascend' ? loss : tf.neg(loss);
    })(image!),
  }));
  const label = { dtype: 'int32', shape: [labels.length], data: labels } as const;
  const { gradient } = await compiled.run({ image: task.images, label }, { signal: task.signal });
  return gradient!;
}

/** The gradient of `Σ weights · scores`. */
async function scoreGradients(task: AttackTask): Promise<HostTensor> {
  const { inputShape, classCount } = task.model.spec;
  const inputs = { image: { dtype: 'float32', shape: inputShape }, weights: { dtype: 'float32', shape: [classCount] } } as const;
  const compiled = await task.compile('gradient', inputs, (scores, { image, weights }) => ({
    gradient: tf.grad((x) => tf.sum(tf.mul(scores(x as tf.Tensor4D), weights!)))(image!),
  }));
  const { gradient } = await compiled.run({ image: task.images, weights: hotAndCold(task) }, { signal: task.signal });
  return gradient!;
}

/** The paper's features to map back to the image: `|z|` at the hot class, `-|z|` at the cold one, zero elsewhere. */
function hotAndCold(task: AttackTask): HostTensor {
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
