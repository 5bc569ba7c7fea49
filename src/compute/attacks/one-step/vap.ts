/**
 * Virtual adversarial perturbation (Miyato et al. 2016): a change along the direction in which the prediction changes fastest, in Kullback-Leibler divergence
 * from what it is on the image. It needs no label.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/index.js';
import type { OutputKind } from '../../models/index.js';
import { integer, real } from '../../parameters/index.js';
import { l2Budget } from '../core/budgets.js';
import { type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { fillNormal } from '../core/normal-noise.js';
import { L2 } from '../norms/l2.js';
import { clipToRange } from '../norms/reduce.js';
import { L2_EPSILON } from '../core/parameters.js';
import { constant } from '../core/projected-gradient.js';

const MIYATO_2016: AttackReference = {
  title: 'Distributional Smoothing with Virtual Adversarial Training',
  authors: 'Miyato, Maeda, Koyama, Nakae, Ishii',
  year: 2016,
  link: 'arXiv:1507.00677',
};

/** Keeps the logarithm of a probability finite. */
const SMALLEST_PROBABILITY = 1e-30;

export const vap = defineAttack({
  kind: 'VAP',
  name: 'vap',
  title: 'Virtual adversarial perturbation',
  description:
    'One step of length ε along the direction in which the predicted probabilities change fastest, found by power iteration. Uses no label.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: MIYATO_2016,
  parameters: {
    epsilon: L2_EPSILON,
    steps: integer({ default: 1, minimum: 1, maximum: 1000, description: 'Power iterations. The paper takes 1.' }),
    xi: real({
      default: 0.1,
      minimum: 1e-6,
      maximum: 100,
      description:
        "ξ: length of the change (L2) at which the divergence's gradient is taken. The authors' 1e-6 is below what scores of float32 tell apart.",
    }),
  },
  budget: l2Budget,
  usesTrueLabel: () => false,
  async run(task, { epsilon, steps, xi }) {
    const n = task.labels.length;
    const size = task.images.data.length / Math.max(1, n);
    const noise = new Float32Array(task.images.data.length);
    for (let i = 0; i < n; i++) fillNormal(task.random.stream(i, 'vap.start'), noise.subarray(i * size, (i + 1) * size));
    const iteration = await compileIteration(task);
    const { images } = await iteration.run(
      {
        original: task.images,
        direction: { ...task.images, data: noise },
        clean: task.cleanLogits,
        xi: constant(n, xi),
        epsilon: constant(n, epsilon),
      },
      { repeat: steps, feedback: { direction: 'direction' }, signal: task.signal },
    );
    return { images: images!, queries: new Int32Array(n).fill(steps), gradients: new Int32Array(n).fill(steps) };
  },
});

function compileIteration(task: AttackTask): Promise<BatchedFunction> {
  const { inputShape, classCount } = task.model.spec;
  const image = { dtype: 'float32', shape: inputShape } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const inputs = {
    original: image,
    direction: image,
    clean: { dtype: 'float32', shape: [classCount] },
    xi: perExample,
    epsilon: perExample,
  } as const;
  return task.compile('iteration', inputs, (scores, { original, direction, clean, xi, epsilon }) => {
    const near = tf.add(original!, tf.mul(xi!, L2.steepest(direction!, original!)));
    const divergence = (x: tf.Tensor) => scaledDivergence(clean!, scores(x as tf.Tensor4D), task.model.output);
    const next = L2.steepest(tf.grad(divergence)(near), near);
    return { direction: next, images: clipToRange(tf.add(original!, tf.mul(epsilon!, next))) };
  });
}

/**
 * A number of each example whose gradient has the direction of that of `KL(p ‖ q)`, which is `q - p` in the logits of q. By quotients of p and q, in units of
 * the largest probability but one: where the model is sure, all of `q - p` would be rounding noise.
 */
function scaledDivergence(clean: tf.Tensor, scores: tf.Tensor, output: OutputKind): tf.Tensor {
  const custom = tf.customGrad((near, save) => {
    const [p, q] = [logProbabilities(clean, output), logProbabilities(near as tf.Tensor, output)];
    const first = tf.cast(tf.oneHot(tf.argMax(p, 1), p.shape[1]!), 'float32');
    const others = tf.sub(1, first);
    const second = tf.max(tf.sub(p, tf.mul(first, -2 * Math.log(SMALLEST_PROBABILITY))), 1, true);
    const slopes = tf.mul(tf.mul(others, tf.exp(tf.minimum(tf.sub(p, second), 0))), tf.expm1(tf.sub(q, p)));
    (save as tf.GradSaveFunc)([tf.sub(slopes, tf.mul(first, tf.sum(slopes, 1, true)))]);
    return {
      value: tf.sum(tf.mul(tf.exp(p), tf.sub(p, q)), 1),
      gradFunc: (dy, [slope]) => tf.mul(tf.expandDims(dy as tf.Tensor, 1), slope!),
    };
  });
  return custom(scores);
}

function logProbabilities(scores: tf.Tensor, output: OutputKind): tf.Tensor {
  return output === 'LOGITS' ? tf.logSoftmax(scores) : tf.log(tf.maximum(scores, SMALLEST_PROBABILITY));
}
