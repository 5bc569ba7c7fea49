/**
 * Steps along the gradient of a loss, each followed by a projection into the budget:
 * `X_0 = start;  X_{n+1} = Project_{X,ε}( X_n ± α · steepest(∇_X J(X_n, y)) )`. Members of the family differ in norm, loss, class, start, and in number
 * and size of steps.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/index.js';
import type { HostTensor, Tensors } from '../../tensors/index.js';
import { fusedLoss, fusedScores } from './fused-loss.js';
import { type ExampleLoss, logOddsLoss, lossAndGradient, marginLoss } from './losses.js';
import type { BudgetNorm } from '../norms/types.js';
import type { AttackOutput, AttackTask } from './definition.js';

/** `ascend` moves away from the class, `descend` towards it. */
export type Direction = 'ascend' | 'descend';

/** A loss that an attack may choose. */
export interface NamedLoss {
  /** Unique within the attack. */
  readonly name: string;
  readonly of: ExampleLoss;
}

const CROSS_ENTROPY: NamedLoss = { name: 'cross-entropy', of: logOddsLoss };

export interface ProjectedGradientPlan {
  readonly norm: BudgetNorm;
  /** Default: one with the direction of the cross-entropy, {@link logOddsLoss}. */
  readonly loss?: NamedLoss;
  /** One class for each example. */
  readonly labels: Int32Array;
  /** A second class, for losses that have one: those that an attack is to reach. */
  readonly targets?: Int32Array;
  readonly direction: Direction;
  /** Budget in the units of the norm. */
  readonly epsilon: number;
  /** Length of one step in the norm. */
  readonly alpha: number;
  readonly steps: number;
  /** Where to start from. Default: the images themselves. */
  readonly start?: HostTensor;
  /** Whether to return the iterate that is furthest on the wrong side, or nearest to it, and not the last. Costs one more pass. */
  readonly keepsBest?: boolean;
}

/** Runs a plan on a batch: one forward and one backward pass a step. */
export async function projectedGradient(task: AttackTask, plan: ProjectedGradientPlan): Promise<AttackOutput> {
  const n = task.labels.length;
  const { targets, start = task.images, keepsBest = false } = plan;
  const classes = (data: Int32Array): HostTensor => ({ dtype: 'int32', shape: [n], data });
  const step = await compileStep(task, plan);
  const inputs = {
    original: task.images,
    adversarial: start,
    label: classes(plan.labels),
    ...(targets ? { target: classes(targets) } : {}),
    epsilon: constant(n, plan.epsilon),
    step: constant(n, plan.alpha),
    ...(keepsBest ? { best: start, reach: constant(n, -Infinity) } : {}),
  };
  // A step compares the image that it starts from, so that the last one needs one more.
  const passes = plan.steps + Number(keepsBest);
  const fedBack = ['adversarial', ...(keepsBest ? ['best', 'reach'] : [])];
  const feedback = Object.fromEntries(fedBack.map((name) => [name, name]));
  const { adversarial, best } = await step.run(inputs, { repeat: passes, feedback, signal: task.signal });
  return { images: best ?? adversarial!, queries: new Int32Array(n).fill(passes), gradients: new Int32Array(n).fill(passes) };
}

/** ε and step size are inputs, so that one compiled function serves every budget. */
function compileStep(task: AttackTask, plan: ProjectedGradientPlan): Promise<BatchedFunction> {
  const { norm, direction, loss = CROSS_ENTROPY, targets, keepsBest } = plan;
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const label = { dtype: 'int32', shape: [] } as const;
  const lossOf = fusedLoss(task, loss.of);
  const raised = (scores: tf.Tensor2D, inputs: Tensors) => {
    const value = lossOf(scores, inputs['label'] as tf.Tensor1D, task.model.output, inputs['target'] as tf.Tensor1D);
    return direction === 'ascend' ? value : tf.neg(value);
  };
  const moved = (gradient: tf.Tensor, { original, adversarial, epsilon, step }: Tensors) =>
    norm.project(tf.add(adversarial!, tf.mul(step!, norm.steepest(gradient, adversarial!))), original!, epsilon!);
  const inputs = {
    original: image,
    adversarial: image,
    label,
    ...(targets ? { target: label } : {}),
    epsilon: perExample,
    step: perExample,
  };
  const name = `${direction}.${loss.name}${targets ? '.targeted' : ''}`;
  if (!keepsBest) {
    return task.compile(name, inputs, (scores, given) => {
      const gradient = tf.grad((x) => tf.sum(raised(scores(x as tf.Tensor4D), given)))(given['adversarial']!);
      return { adversarial: moved(gradient, given) };
    });
  }
  return task.compile(`${name}.best`, { ...inputs, best: image, reach: perExample }, (scores, given) => {
    const { adversarial, best, reach } = given;
    const { scores: found, gradient } = lossAndGradient(task, scores, adversarial!, (at) => raised(at, given));
    const now = tf.reshape(reachOf(task, plan, fusedScores(task, found), given), [-1, 1, 1, 1]);
    const isBetter = tf.greater(now, reach!);
    return {
      adversarial: moved(gradient, given),
      best: tf.where(isBetter, adversarial!, best!),
      reach: tf.where(isBetter, now, reach!),
    };
  });
}

/** How far an image is on the side of the boundary where the attack wants it, in logits: positive where it is. */
function reachOf(
  task: AttackTask,
  { direction, targets }: ProjectedGradientPlan,
  scores: tf.Tensor2D,
  { label, target }: Tensors,
): tf.Tensor {
  const goal = (targets ? target : label) as tf.Tensor1D;
  const margin = marginLoss(scores, goal, task.model.output);
  return direction === 'ascend' && !targets ? margin : tf.neg(margin);
}

/** The same value for each of n examples, in a shape that broadcasts over pixels. */
export function constant(n: number, value: number): HostTensor {
  return { dtype: 'float32', shape: [n, 1, 1, 1], data: new Float32Array(n).fill(value) };
}
