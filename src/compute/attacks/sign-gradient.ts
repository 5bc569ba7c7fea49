/**
 * The family of Kurakin et al. 2016: steps along the sign of the loss gradient, inside an L∞ ball.
 * `X_0 = X;  X_{n+1} = Clip_{X,ε}{ X_n ± α · sign ∇_X J(X_n, y) }`. Members differ in the class y, in the direction, and in number and size of steps.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction, HostTensor } from '../engine/types.js';
import type { LabelChoice } from './labels.js';
import { signLoss } from './losses.js';
import type { AttackOutput, AttackTask, ParameterValues } from './types.js';

export interface SignGradientPlan {
  readonly label: LabelChoice;
  /** `ascend` moves away from the class, `descend` towards it. */
  readonly direction: 'ascend' | 'descend';
  /** L∞ budget, a fraction of the pixel range. */
  readonly epsilon: number;
  /** Size of one step, a fraction of the pixel range. */
  readonly alpha: number;
  readonly steps: number;
}

/** Runs a plan on a batch: one forward and one backward pass a step. */
export async function signGradientAttack(task: AttackTask, plan: SignGradientPlan): Promise<AttackOutput> {
  const n = task.labels.length;
  const step = await compileStep(task);
  const { adversarial } = await step.run(
    {
      original: task.images,
      adversarial: task.images,
      label: { dtype: 'int32', shape: [n], data: plan.label(task) },
      epsilon: constant(n, plan.epsilon),
      step: constant(n, plan.direction === 'ascend' ? plan.alpha : -plan.alpha),
    },
    { repeat: plan.steps, feedback: { adversarial: 'adversarial' }, signal: task.signal },
  );
  return { images: adversarial!, queries: new Int32Array(n).fill(plan.steps), gradients: new Int32Array(n).fill(plan.steps) };
}

/** ε and step size are inputs, so that one compiled function serves every budget. */
function compileStep(task: AttackTask): Promise<BatchedFunction> {
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  return task.compile(
    'step',
    { original: image, adversarial: image, label: { dtype: 'int32', shape: [] }, epsilon: perExample, step: perExample },
    (logits, { original, adversarial, label, epsilon, step }) => {
      const loss = (x: tf.Tensor) => signLoss(logits(x as tf.Tensor4D), label as tf.Tensor1D, task.model.output);
      // sign(0) = 0: a pixel without influence stays as it is.
      const moved = tf.add(adversarial!, tf.mul(step!, tf.sign(tf.grad(loss)(adversarial!))));
      return { adversarial: clipToBudget(moved, original!, epsilon!) };
    },
  );
}

/** `Clip_{X,ε}`: inside `[X - ε, X + ε]` and the valid pixel range at once. */
export function clipToBudget(x: tf.Tensor, original: tf.Tensor, epsilon: tf.Tensor): tf.Tensor {
  const lower = tf.maximum(tf.sub(original, epsilon), 0);
  const upper = tf.minimum(tf.add(original, epsilon), 1);
  return tf.minimum(tf.maximum(x, lower), upper);
}

function constant(n: number, value: number): HostTensor {
  return { dtype: 'float32', shape: [n, 1, 1, 1], data: new Float32Array(n).fill(value) };
}

/** Budget of attacks whose parameter `epsilon` bounds the L∞ distance. */
export function linfBudget(parameters: ParameterValues): { norm: 'LINF'; epsilon: number } {
  return { norm: 'LINF', epsilon: parameters['epsilon'] as number };
}
