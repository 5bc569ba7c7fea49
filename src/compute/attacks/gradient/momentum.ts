/**
 * The transfer family: iterated sign steps along an accumulated gradient, `g_{t+1} = μ g_t + ĝ_t / mean|ĝ_t|`, `X_{t+1} = Clip_{X,ε}{ X_t + α · sign g_{t+1} }`
 * (Dong et al. 2018). Members differ in how they estimate the gradient ĝ. All steps are taken on all examples: an example that has just crossed the
 * boundary transfers worse than one that has gone on.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/types.js';
import type { HostTensor, HostTensors, Tensors } from '../../tensors/types.js';
import { sizeOf } from '../../tensors/host-tensor.js';
import type { RandomStream } from '../../random.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { signLoss } from '../core/losses.js';
import { LINF } from '../norms/linf.js';
import { scaledToLargest } from '../norms/reduce.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { constant, type Direction } from '../core/projected-gradient.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import type { NumberParameter, ParameterSpec, ParameterValues } from '../../parameters/descriptions.js';

const STEPS: NumberParameter = {
  type: 'integer',
  default: 10,
  minimum: 1,
  maximum: 10_000,
  description: 'Number of steps, each of size ε / steps.',
};

/** @param value default: the paper's. */
function decay(value: number): NumberParameter {
  return {
    type: 'number',
    default: value,
    minimum: 0,
    maximum: 10,
    description: 'μ: weight of the gradients gathered before, in each step. 0 is no momentum, 1 is that of MI-FGSM.',
  };
}

/** Parameters of every member; `decay` is that of its paper. */
export function momentumParameters(defaultDecay: number): Readonly<Record<string, ParameterSpec>> {
  return { epsilon: LINF_EPSILON, steps: STEPS, decay: decay(defaultDecay), ...TARGET_PARAMETERS };
}

export interface EstimateContext {
  /** Where to estimate the gradient, `[n, height, width, channels]`. */
  readonly point: tf.Tensor4D;
  /** What {@link GradientEstimate.draw} drew for this step. */
  readonly draws: Tensors;
  /** The `memory` of the step before; zeros at first. */
  readonly memory: tf.Tensor;
  /**
   * Gradient at `point` of the summed loss of views of it.
   * @param views several batches of images made from the point's, one after the other on axis 0. @param count how many.
   */
  gradient(views?: (x: tf.Tensor4D) => tf.Tensor4D, count?: number): tf.Tensor;
}

/** What makes a member of the family. */
export interface GradientEstimate {
  /** Tells compiled forms of one attack apart, where a parameter changes the function. */
  readonly variant?: string;
  /** Look ahead: estimate at `X_t + α μ g_t` (Nesterov). */
  readonly lookahead?: boolean;
  /** Forward and backward passes of a step. Default: 1. */
  readonly passes?: number;
  /** Shapes, for one example, of the random values that each step needs. */
  readonly drawn?: Readonly<Record<string, readonly number[]>>;
  draw?(stream: RandomStream): Record<string, Float32Array>;
  /** Default: the gradient at the point. */
  estimate?(context: EstimateContext): { gradient: tf.Tensor; memory?: tf.Tensor };
}

export async function momentumAttack(task: AttackTask, parameters: ParameterValues, hooks: GradientEstimate = {}): Promise<AttackOutput> {
  const n = task.labels.length;
  const [epsilon, steps] = [parameters['epsilon'] as number, parameters['steps'] as number];
  const { labels, direction } = aim(task);
  const compiled = await compileStep(task, direction, hooks);
  const zeros = { ...task.images, data: new Float32Array(task.images.data.length) };
  const fixed: HostTensors = {
    original: task.images,
    label: { dtype: 'int32', shape: [n], data: labels },
    epsilon: constant(n, epsilon),
    step: constant(n, epsilon / steps),
    decay: constant(n, parameters['decay'] as number),
  };
  let state: HostTensors = { adversarial: task.images, momentum: zeros, memory: zeros };
  if (hooks.draw) {
    // Every step has random inputs of its own.
    for (let step = 0; step < steps; step++) {
      state = await compiled.run({ ...fixed, ...state, ...drawStep(task, hooks, step) }, { signal: task.signal });
    }
  } else {
    const feedback = { adversarial: 'adversarial', momentum: 'momentum', memory: 'memory' };
    state = await compiled.run({ ...fixed, ...state }, { repeat: steps, feedback, signal: task.signal });
  }
  const spent = steps * (hooks.passes ?? 1);
  return { images: state['adversarial']!, queries: new Int32Array(n).fill(spent), gradients: new Int32Array(n).fill(spent) };
}

function compileStep(task: AttackTask, direction: Direction, hooks: GradientEstimate): Promise<BatchedFunction> {
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const drawn = Object.entries(hooks.drawn ?? {}).map(([name, shape]) => [name, { dtype: 'float32', shape }] as const);
  const estimate: NonNullable<GradientEstimate['estimate']> = hooks.estimate ?? (({ gradient }) => ({ gradient: gradient() }));
  return task.compile(
    `${direction}.${hooks.variant ?? ''}`,
    {
      original: image,
      adversarial: image,
      momentum: image,
      memory: image,
      label: { dtype: 'int32', shape: [] },
      epsilon: perExample,
      step: perExample,
      decay: perExample,
      ...Object.fromEntries(drawn),
    },
    (scores, inputs) => {
      const { original, adversarial, momentum, memory, label, epsilon, step } = inputs as Record<string, tf.Tensor>;
      const kept = tf.mul(inputs['decay']!, momentum!);
      const point = (hooks.lookahead ? tf.add(adversarial!, tf.mul(step!, kept)) : adversarial!) as tf.Tensor4D;
      const estimated = estimate({
        point,
        draws: inputs,
        memory: memory!,
        gradient(views = (x) => x, count = 1) {
          const loss = (x: tf.Tensor) => {
            const value = signLoss(scores(views(x as tf.Tensor4D)), tf.tile(label!, [count]) as tf.Tensor1D, task.model.output);
            return direction === 'ascend' ? value : tf.neg(value);
          };
          return tf.grad(loss)(point);
        },
      });
      const gathered = tf.add(kept, ofMeanOne(estimated.gradient));
      const moved = tf.add(adversarial!, tf.mul(step!, tf.sign(gathered)));
      return {
        adversarial: LINF.project(moved, original!, epsilon!),
        momentum: gathered,
        memory: estimated.memory ?? memory!,
      };
    },
  );
}

/** Scaled to a mean size of 1. The papers divide by the L1 norm; their code by its mean, which gives the look-ahead the size of a step. */
function ofMeanOne(gradient: tf.Tensor): tf.Tensor {
  const scaled = scaledToLargest(gradient);
  const mean = tf.mean(tf.abs(scaled), [1, 2, 3], true);
  // A gradient that is zero everywhere stays zero.
  return tf.div(scaled, tf.where(tf.greater(mean, 0), mean, tf.onesLike(mean)));
}

function drawStep({ labels, random }: AttackTask, { drawn = {}, draw }: GradientEstimate, step: number): HostTensors {
  const n = labels.length;
  const tensors = Object.entries(drawn).map(([name, shape]) => {
    return [name, { dtype: 'float32', shape: [n, ...shape], data: new Float32Array(n * sizeOf(shape)) } satisfies HostTensor] as const;
  });
  for (let i = 0; i < n; i++) {
    const values = draw!(random.stream(i, `momentum.step.${step}`));
    for (const [name, { shape, data }] of tensors) data.set(values[name]!, i * sizeOf(shape.slice(1)));
  }
  return Object.fromEntries(tensors);
}
