/**
 * Steps along the gradient of a loss, each followed by a projection into the budget:
 * `X_0 = start;  X_{n+1} = Project_{X,ε}( X_n ± α · steepest(∇_X J(X_n, y)) )`. Members of the family differ in norm, loss, class, start, and in number
 * and size of steps.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/index.js';
import type { HostTensor } from '../../tensors/index.js';
import { fusedLoss } from './fused-loss.js';
import { type AttackLoss, signLoss } from './losses.js';
import type { BudgetNorm } from '../norms/types.js';
import type { AttackOutput, AttackTask } from './definition.js';

/** `ascend` moves away from the class, `descend` towards it. */
export type Direction = 'ascend' | 'descend';

export interface ProjectedGradientPlan {
  readonly norm: BudgetNorm;
  /** Default: {@link signLoss}. One attack always uses the same. */
  readonly loss?: AttackLoss;
  /** One class for each example. */
  readonly labels: Int32Array;
  readonly direction: Direction;
  /** Budget in the units of the norm. */
  readonly epsilon: number;
  /** Length of one step in the norm. */
  readonly alpha: number;
  readonly steps: number;
  /** Where to start from. Default: the images themselves. */
  readonly start?: HostTensor;
}

/** Runs a plan on a batch: one forward and one backward pass a step. */
export async function projectedGradient(task: AttackTask, plan: ProjectedGradientPlan): Promise<AttackOutput> {
  const n = task.labels.length;
  const step = await compileStep(task, plan);
  const { adversarial } = await step.run(
    {
      original: task.images,
      adversarial: plan.start ?? task.images,
      label: { dtype: 'int32', shape: [n], data: plan.labels },
      epsilon: constant(n, plan.epsilon),
      step: constant(n, plan.alpha),
    },
    { repeat: plan.steps, feedback: { adversarial: 'adversarial' }, signal: task.signal },
  );
  return { images: adversarial!, queries: new Int32Array(n).fill(plan.steps), gradients: new Int32Array(n).fill(plan.steps) };
}

/** ε and step size are inputs, so that one compiled function serves every budget. */
function compileStep(task: AttackTask, { norm, direction, loss = signLoss }: ProjectedGradientPlan): Promise<BatchedFunction> {
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  return task.compile(
    direction,
    { original: image, adversarial: image, label: { dtype: 'int32', shape: [] }, epsilon: perExample, step: perExample },
    (scores, { original, adversarial, label, epsilon, step }) => {
      const raised = (x: tf.Tensor) => {
        const value = fusedLoss(task, loss)(scores(x as tf.Tensor4D), label as tf.Tensor1D, task.model.output);
        return direction === 'ascend' ? value : tf.neg(value);
      };
      const gradient = tf.grad(raised)(adversarial!);
      const moved = tf.add(adversarial!, tf.mul(step!, norm.steepest(gradient, adversarial!)));
      return { adversarial: norm.project(moved, original!, epsilon!) };
    },
  );
}

/** The same value for each of n examples, in a shape that broadcasts over pixels. */
export function constant(n: number, value: number): HostTensor {
  return { dtype: 'float32', shape: [n, 1, 1, 1], data: new Float32Array(n).fill(value) };
}
