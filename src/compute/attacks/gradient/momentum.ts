/**
 * The transfer family: iterated sign steps along an accumulated gradient, `g_{t+1} = μ g_t + ĝ_t / mean|ĝ_t|`, `X_{t+1} = Clip_{X,ε}{ X_t + α · sign g_{t+1} }`
 * (Dong et al. 2018). Members differ in how they estimate the gradient ĝ. All steps are taken on all examples: an example that has just crossed the
 * boundary transfers worse than one that has gone on.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/index.js';
import { integer, real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import { type HostTensor, type HostTensors, sizeOf, type Tensors } from '../../tensors/index.js';
import { linfBudget } from '../core/budgets.js';
import { type AttackOutput, type AttackReference, type AttackTask, defineAttack } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { signLoss } from '../core/losses.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { constant, type Direction } from '../core/projected-gradient.js';
import { resample } from '../core/resample.js';
import { LINF } from '../norms/linf.js';
import { scaledToLargest } from '../norms/reduce.js';

const DONG_2018: AttackReference = {
  title: 'Boosting Adversarial Attacks with Momentum',
  authors: 'Dong, Liao, Pang, Su, Zhu, Hu, Li',
  year: 2018,
  link: 'arXiv:1710.06081',
};

const XIE_2019: AttackReference = {
  title: 'Improving Transferability of Adversarial Examples with Input Diversity',
  authors: 'Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille',
  year: 2019,
  link: 'arXiv:1803.06978',
};

const DONG_2019: AttackReference = {
  title: 'Evading Defenses to Transferable Adversarial Examples by Translation-Invariant Attacks',
  authors: 'Dong, Pang, Su, Zhu',
  year: 2019,
  link: 'arXiv:1904.02884',
};

const LIN_2020: AttackReference = {
  title: 'Nesterov Accelerated Gradient and Scale Invariance for Adversarial Attacks',
  authors: 'Lin, Song, He, Wang, Hopcroft',
  year: 2020,
  link: 'arXiv:1908.06281',
};

const WANG_2021: AttackReference = {
  title: 'Enhancing the Transferability of Adversarial Attacks through Variance Tuning',
  authors: 'Wang, He',
  year: 2021,
  link: 'arXiv:2103.15571',
};

const STEPS = integer({
  default: 10,
  minimum: 1,
  maximum: 10_000,
  description: 'Number of steps, each of size ε / steps.',
});

/** Parameters of every member; `decay` is that of its paper. */
function parametersWith(decay: number) {
  return {
    epsilon: LINF_EPSILON,
    steps: STEPS,
    decay: real({
      default: decay,
      minimum: 0,
      maximum: 10,
      description: 'μ: weight of the gradients gathered before, in each step. 0 is no momentum, 1 is that of MI-FGSM.',
    }),
    ...TARGET_PARAMETERS,
  };
}

const MEMBER = { access: 'GRADIENT', norms: ['LINF'], targeted: true, budget: linfBudget } as const;

/** The gradient as it is (Dong et al. 2018). */
export const miFgsm = defineAttack({
  ...MEMBER,
  kind: 'MI_FGSM',
  name: 'miFgsm',
  title: 'MI-FGSM',
  description: 'Iterated sign steps with momentum, whose images transfer better to other models.',
  reference: DONG_2018,
  parameters: parametersWith(1),
  run: (task, parameters) => momentum(task, parameters),
});

/** The gradient one step ahead (Lin et al. 2020). */
export const niFgsm = defineAttack({
  ...MEMBER,
  kind: 'NI_FGSM',
  name: 'niFgsm',
  title: 'NI-FGSM',
  description: "Iterated sign steps with Nesterov's momentum: the gradient is taken where the momentum is about to lead.",
  reference: LIN_2020,
  parameters: parametersWith(1),
  run: (task, parameters) => momentum(task, parameters, { lookahead: true }),
});

/** Each gradient is taken of an image that has been made smaller and shifted at random (Xie et al. 2019). */
export const diFgsm = defineAttack({
  ...MEMBER,
  kind: 'DI_FGSM',
  name: 'diFgsm',
  title: 'DI²-FGSM',
  description: 'Iterated sign steps along gradients of randomly resized and padded images; with momentum it is M-DI²-FGSM.',
  reference: XIE_2019,
  parameters: {
    ...parametersWith(0),
    probability: real({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'p: how often the image is transformed before its gradient is taken.',
    }),
    smallest: real({
      default: 0.9,
      minimum: 0.1,
      maximum: 1,
      description:
        "Smallest size of the transformed image, as a share of the original's; the rest is black. The paper has 299 of 330 pixels.",
    }),
  },
  run(task, parameters) {
    const { probability, smallest } = parameters;
    const [height, width] = task.model.spec.inputShape;
    return momentum(task, parameters, {
      drawn: { rows: [height, height], columns: [width, width] },
      draw(stream) {
        const transformed = stream.uniform() < probability;
        const share = transformed ? smallest + (1 - smallest) * stream.uniform() : 1;
        return { rows: shrinking(stream, height, share), columns: shrinking(stream, width, share) };
      },
      estimate: ({ gradient, draws }) => ({
        gradient: gradient((x) => resample(x, draws['rows'] as tf.Tensor3D, draws['columns'] as tf.Tensor3D)),
      }),
    });
  },
});

/** The gradient smoothed by a Gaussian kernel, which stands for its mean over shifted images (Dong et al. 2019). */
export const tiFgsm = defineAttack({
  ...MEMBER,
  kind: 'TI_FGSM',
  name: 'tiFgsm',
  title: 'TI-FGSM',
  description: 'Iterated sign steps along a smoothed gradient, which fool other models better; with momentum it is TI-MI-FGSM.',
  reference: DONG_2019,
  parameters: {
    ...parametersWith(0),
    radius: integer({
      default: 7,
      minimum: 0,
      maximum: 50,
      description:
        "k: the kernel has 2k + 1 pixels a side and a standard deviation of k / √3. The paper's 7 is for images of 299 × 299 pixels.",
    }),
  },
  run(task, parameters) {
    const { radius } = parameters;
    const channels = task.model.spec.inputShape[2];
    return momentum(task, parameters, {
      variant: String(radius),
      estimate: ({ gradient }) => ({
        gradient: tf.depthwiseConv2d(gradient() as tf.Tensor4D, gaussianKernel(radius, channels), 1, 'same'),
      }),
    });
  },
});

/** NI-FGSM on the sum of the losses of the images scaled by 1, 1/2, 1/4, … (Lin et al. 2020). */
export const siNiFgsm = defineAttack({
  ...MEMBER,
  kind: 'SI_NI_FGSM',
  name: 'siNiFgsm',
  title: 'SI-NI-FGSM',
  description: "Nesterov's momentum on the gradient over several copies of the image at lower and lower brightness.",
  reference: LIN_2020,
  parameters: {
    ...parametersWith(1),
    copies: integer({
      default: 5,
      minimum: 1,
      maximum: 10,
      description: 'm: copies of the image, each with half the brightness of the one before; each costs a gradient.',
    }),
  },
  run(task, parameters) {
    const { copies } = parameters;
    const scaled = (x: tf.Tensor4D) => {
      const images = Array.from({ length: copies }, (_, i) => tf.mul(x, 2 ** -i) as tf.Tensor4D);
      return copies === 1 ? x : tf.concat(images, 0);
    };
    return momentum(task, parameters, {
      variant: String(copies),
      lookahead: true,
      passes: copies,
      estimate: ({ gradient }) => ({ gradient: gradient(scaled, copies) }),
    });
  },
});

/**
 * MI-FGSM with the gradient's variance around the last point, `V = 1/N Σ ∇J(X + r_i) - ∇J(X)` with `r_i ~ U[-βε, βε]`, added to each gradient
 * (Wang & He 2021).
 */
export const vmiFgsm = defineAttack({
  ...MEMBER,
  kind: 'VMI_FGSM',
  name: 'vmiFgsm',
  title: 'VMI-FGSM',
  description: 'MI-FGSM with gradients corrected by their mean over random neighbours of the point before.',
  reference: WANG_2021,
  parameters: {
    ...parametersWith(1),
    neighbours: integer({
      default: 20,
      minimum: 1,
      maximum: 100,
      description: 'N: random neighbours of which the gradient is taken in each step.',
    }),
    beta: real({
      default: 1.5,
      minimum: 0,
      maximum: 10,
      description: 'β: how far away neighbours are, in units of ε.',
    }),
  },
  run(task, parameters) {
    const count = parameters.neighbours;
    const radius = parameters.beta * parameters.epsilon;
    const shape = [count, ...task.images.shape.slice(1)];
    return momentum(task, parameters, {
      variant: String(count),
      passes: count + 1,
      drawn: { shifts: shape },
      draw: (stream) => ({ shifts: Float32Array.from({ length: sizeOf(shape) }, () => radius * (2 * stream.uniform() - 1)) }),
      estimate({ gradient, draws, memory }) {
        const shifts = tf.unstack(draws['shifts']!, 1) as tf.Tensor4D[];
        const around = gradient((x) => tf.concat(shifts.map((shift) => tf.add(x, shift) as tf.Tensor4D)), count);
        const here = gradient();
        return { gradient: tf.add(here, memory), memory: tf.sub(tf.div(around, count), here) };
      },
    });
  },
});

interface EstimateContext {
  /** What {@link GradientEstimate.draw} drew for this step. */
  readonly draws: Tensors;
  /** The `memory` of the step before; zeros at first. */
  readonly memory: tf.Tensor;
  /**
   * Gradient, at the point where to estimate it, of the summed loss of views of it.
   * @param views several batches of images made from the point's, one after the other on axis 0. @param count how many.
   */
  gradient(views?: (x: tf.Tensor4D) => tf.Tensor4D, count?: number): tf.Tensor;
}

/** What makes a member of the family. */
interface GradientEstimate {
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

async function momentum(
  task: AttackTask,
  { epsilon, steps, decay }: ValuesOf<ReturnType<typeof parametersWith>>,
  hooks: GradientEstimate = {},
): Promise<AttackOutput> {
  const n = task.labels.length;
  const { labels, direction } = aim(task);
  const compiled = await compileStep(task, direction, hooks);
  const zeros = { ...task.images, data: new Float32Array(task.images.data.length) };
  const fixed: HostTensors = {
    original: task.images,
    label: { dtype: 'int32', shape: [n], data: labels },
    epsilon: constant(n, epsilon),
    step: constant(n, epsilon / steps),
    decay: constant(n, decay),
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
      const { original, adversarial, momentum, memory, label, epsilon, step, decay } = inputs;
      const kept = tf.mul(decay!, momentum!);
      const point = (hooks.lookahead ? tf.add(adversarial!, tf.mul(step!, kept)) : adversarial!) as tf.Tensor4D;
      const estimated = estimate({
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

/**
 * Nearest-neighbour shrinking to a share of the size, and a random place in the black rest, along one axis: a matrix whose rows pick pixels. As a matrix
 * it is an input like any other, so that one compiled function serves all draws.
 * @returns `[size, size]`.
 */
function shrinking(stream: RandomStream, size: number, share: number): Float32Array {
  const smaller = Math.max(1, Math.round(size * share));
  const offset = stream.integer(size - smaller + 1);
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < smaller; i++) matrix[(offset + i) * size + Math.floor(((i + 0.5) * size) / smaller)] = 1;
  return matrix;
}

/** @returns `[side, side, channels, 1]`, with sum 1 a channel. */
function gaussianKernel(radius: number, channels: number): tf.Tensor4D {
  const side = 2 * radius + 1;
  // A radius of 0 is a single pixel, whatever its deviation.
  const variance = Math.max(1, radius ** 2) / 3;
  const weights = Float32Array.from({ length: side }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * variance)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = Float32Array.from({ length: side * side * channels }, (_, at) => {
    const pixel = Math.floor(at / channels);
    return (weights[Math.floor(pixel / side)]! * weights[pixel % side]!) / total ** 2;
  });
  return tf.tensor4d(kernel, [side, side, channels, 1]);
}
