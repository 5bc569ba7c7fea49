/** One step of APGD, compiled: the two-part move, and loss, gradient and scores where it leads. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../tensors/index.js';
import { type ExampleLoss, lossAndGradient } from '../core/losses.js';
import { constant } from '../core/projected-gradient.js';
import type { AttackTask } from '../core/definition.js';
import type { ApgdRule } from './apgd-rules.js';
import type { ApgdStepResult } from './apgd-state.js';

export interface ApgdStep {
  readonly original: HostTensor;
  readonly current: HostTensor;
  /** Where the step before started. */
  readonly previous: HostTensor;
  /** At `current`. */
  readonly gradient: HostTensor;
  readonly labels: Int32Array;
  readonly targets: Int32Array;
  readonly epsilon: number;
  /** Step size of each example. */
  readonly steps: Float32Array;
  /** Weight of the gradient step against the inertia of the step before. */
  readonly blend: number;
  /** Of sparse steps: the share of the pixel values that they change, of each example. */
  readonly shares: Float32Array;
}

/**
 * `z = P(x_k + η · steepest ∇f(x_k));  x_{k+1} = P(x_k + a (z - x_k) + (1 - a)(x_k - x_{k-1}))` (Croce & Hein 2020, algorithm 1).
 * With a step size of 0 and no inertia it only evaluates.
 */
export async function compileApgdStep(
  task: AttackTask,
  { norm, blend: usualBlend, isSparse, direction }: ApgdRule,
  loss: ExampleLoss,
): Promise<(move: ApgdStep) => Promise<ApgdStepResult>> {
  const hasInertia = usualBlend < 1;
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const label = { dtype: 'int32', shape: [] } as const;
  const images = { original: image, current: image, previous: image, gradient: image, ...(isSparse ? { share: perExample } : {}) };
  const compiled = await task.compile(
    'move',
    { ...images, label, target: label, epsilon: perExample, step: perExample, blend: perExample },
    (scores, { original, current, previous, gradient, label, target, epsilon, step, blend, share }) => {
      const ahead = norm.project(tf.add(current!, tf.mul(step!, direction(gradient!, current!, share))), original!, epsilon!);
      const withInertia = () => {
        const change = tf.add(tf.mul(blend!, tf.sub(ahead, current!)), tf.mul(tf.sub(1, blend!), tf.sub(current!, previous!)));
        return norm.project(tf.add(current!, change), original!, epsilon!);
      };
      const moved = hasInertia ? withInertia() : ahead;
      const ofTarget = (found: tf.Tensor2D) => loss(found, label as tf.Tensor1D, task.model.output, target as tf.Tensor1D);
      const { losses, gradient: slope, scores: found } = lossAndGradient(task, scores, moved, ofTarget);
      return { images: moved, gradient: slope, loss: losses, scores: found };
    },
  );
  return async ({ original, current, previous, gradient, labels, targets, epsilon, steps, blend, shares }) => {
    const n = labels.length;
    const results = await compiled.run(
      {
        original,
        current,
        previous,
        gradient,
        label: { dtype: 'int32', shape: [n], data: labels },
        target: { dtype: 'int32', shape: [n], data: targets },
        epsilon: constant(n, epsilon),
        step: { dtype: 'float32', shape: [n, 1, 1, 1], data: steps },
        blend: constant(n, blend),
        ...(isSparse ? { share: { dtype: 'float32', shape: [n, 1, 1, 1], data: shares } } : {}),
      },
      { signal: task.signal },
    );
    return {
      images: results['images']!,
      gradient: results['gradient']!,
      losses: results['loss']!.data as Float32Array,
      scores: results['scores']!,
    };
  };
}
