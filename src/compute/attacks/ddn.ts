/**
 * DDN, the decoupled direction and norm attack (Rony et al. 2019): looks for the smallest L2 change. The direction follows the gradient; the length shrinks
 * by 1 - γ while the model is fooled and grows by 1 + γ while it is not.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction, HostTensor } from '../engine/types.js';
import { l2Budget } from './budgets.js';
import { aim, TARGET } from './labels.js';
import { logOddsLoss } from './losses.js';
import { L2 } from './norms/l2.js';
import { clipToRange, lengthOf, TINY } from './norms/reduce.js';
import { L2_EPSILON } from './parameters.js';
import { constant, type Direction } from './projected-gradient.js';
import { RONY_2019 } from './references.js';
import type { AttackDefinition, AttackOutput, AttackTask, NumberParameter, ParameterValues } from './types.js';

const STEPS: NumberParameter = { type: 'integer', default: 100, minimum: 1, maximum: 10_000, description: 'Number of steps.' };

const GAMMA: NumberParameter = {
  type: 'number',
  default: 0.05,
  minimum: 0.001,
  maximum: 0.5,
  description: 'γ: by how much the length of the change shrinks or grows in a step.',
};

/** Length of the change before the first step, and of the first step; the last is a hundredth of that. */
const FIRST_LENGTH = 1;
const LAST_STEP = 0.01;

/** Longer than any change of an image: nothing found yet. */
const NOTHING = 1e9;

export const ddn: AttackDefinition = {
  kind: 'DDN',
  name: 'ddn',
  title: 'DDN',
  description: 'Looks for the smallest change in L2 that fools the model; images that need a longer one than ε are left as they are.',
  access: 'GRADIENT',
  norms: ['L2'],
  targeted: false,
  reference: RONY_2019,
  parameters: { epsilon: L2_EPSILON, steps: STEPS, gamma: GAMMA, target: TARGET },
  budget: l2Budget,
  run,
};

async function run(task: AttackTask, parameters: ParameterValues): Promise<AttackOutput> {
  const n = task.labels.length;
  const [epsilon, steps] = [parameters['epsilon'] as number, parameters['steps'] as number];
  const { labels, direction } = aim(task, parameters, 'ddn.target');
  const classes = (data: Int32Array): HostTensor => ({ dtype: 'int32', shape: [n], data });
  const step = await compileStep(task, direction);
  const inputs = {
    original: task.images,
    current: task.images,
    best: task.images,
    label: classes(task.labels),
    aim: classes(labels),
    length: constant(n, FIRST_LENGTH),
    shortest: constant(n, NOTHING),
    progress: constant(n, 0),
    pace: constant(n, 1 / steps),
    gamma: constant(n, parameters['gamma'] as number),
  };
  const state = ['current', 'best', 'length', 'shortest', 'progress'];
  const feedback = Object.fromEntries(state.map((name) => [name, name]));
  const { best, shortest } = await step.run(inputs, { repeat: steps, feedback, signal: task.signal });
  return {
    images: withinBudget(task.images, best!, shortest!, epsilon),
    queries: new Int32Array(n).fill(steps),
    gradients: new Int32Array(n).fill(steps),
  };
}

/** Judges the current image, then moves on. Its pixels always have 8 bits, so that what fools the model does so when stored. */
function compileStep(task: AttackTask, direction: Direction): Promise<BatchedFunction> {
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const label = { dtype: 'int32', shape: [] } as const;
  const numbers = { length: perExample, shortest: perExample, progress: perExample, pace: perExample, gamma: perExample };
  return task.compile(direction, { original: image, current: image, best: image, label, aim: label, ...numbers }, (scores, inputs) => {
    const { original, current, best, label, aim, length, shortest, progress, pace, gamma } = inputs as Record<string, tf.Tensor>;
    const [n, classes] = [current!.shape[0]!, task.model.spec.classCount];
    // Losses and scores side by side come out of one forward pass; only the losses are differentiated.
    const evaluate = (x: tf.Tensor) => {
      const found = scores(x as tf.Tensor4D);
      const losses = logOddsLoss(found, aim as tf.Tensor1D, task.model.output);
      return tf.concat([tf.expandDims(direction === 'ascend' ? losses : tf.neg(losses), 1), found], 1);
    };
    const { value, grad } = tf.valueAndGrad(evaluate)(current!, tf.concat([tf.ones([n, 1]), tf.zeros([n, classes])], 1));
    const predicted = tf.argMax(tf.slice(value, [0, 1], [n, classes]), 1);
    const fooled = tf.reshape(tf.cast(tf.notEqual(predicted, label!), 'float32'), [n, 1, 1, 1]);

    const change = tf.sub(current!, original!);
    const found = lengthOf(change);
    const better = tf.mul(fooled, tf.cast(tf.less(found, shortest!), 'float32'));
    const chosen = (yes: tf.Tensor, no: tf.Tensor) => tf.add(tf.mul(better, yes), tf.mul(tf.sub(1, better), no));

    const annealed = tf.add(LAST_STEP, tf.mul((1 - LAST_STEP) / 2, tf.add(1, tf.cos(tf.mul(Math.PI, progress!)))));
    const ahead = tf.add(change, tf.mul(tf.mul(annealed, FIRST_LENGTH), L2.steepest(grad, current!)));
    const next = tf.mul(length!, tf.add(1, tf.mul(gamma!, tf.sub(1, tf.mul(2, fooled)))));
    const scaled = tf.mul(ahead, tf.div(next, tf.maximum(lengthOf(ahead), TINY)));
    return {
      current: tf.div(tf.round(tf.mul(clipToRange(tf.add(original!, scaled)), 255)), 255),
      best: chosen(current!, best!),
      length: next,
      shortest: chosen(found, shortest!),
      progress: tf.add(progress!, pace!),
    };
  });
}

/** The images whose change is short enough, and the originals of the others. */
function withinBudget(original: HostTensor, best: HostTensor, shortest: HostTensor, epsilon: number): HostTensor {
  const data = original.data.slice();
  const size = data.length / Math.max(1, original.shape[0]!);
  for (const [i, length] of (shortest.data as Float32Array).entries()) {
    if (length <= epsilon) data.set(best.data.subarray(i * size, (i + 1) * size), i * size);
  }
  return { ...original, data };
}
