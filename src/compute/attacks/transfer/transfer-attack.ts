/**
 * The transfer family: iterated sign steps along an accumulated gradient, `g_{t+1} = μ g_t + ĝ_t / mean|ĝ_t|`, `X_{t+1} = Clip_{X,ε}{ X_t + α · sign g_{t+1} }`
 * (Dong et al. 2018). The gradient ĝ is estimated by parts, in the order of the authors' code of VT-SI-NI-TI-DI-FGSM: of views of the look-ahead point
 * (diversity), at several scales, with the variance of the step before added, then smoothed. All steps are taken on all examples: an example that has just crossed
 * the boundary transfers worse than one that has gone on.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction } from '../../engine/index.js';
import { integer, magnitude, real, type ValuesOf } from '../../parameters/index.js';
import { type HostTensor, type HostTensors, sizeOf, type Tensors } from '../../tensors/index.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { crossEntropy } from '../core/fused-loss.js';
import { LINF_EPSILON, SMALLEST_STEP } from '../core/parameters.js';
import { constant, type Direction } from '../core/projected-gradient.js';
import { LINF } from '../norms/linf.js';
import { scaledToLargest } from '../norms/reduce.js';
import type { TransferParts } from './parts.js';
import { scaled } from './scale.js';
import { drawNeighbours } from './variance.js';

/** Parameters of every member. @param decay the default of its paper. */
export function transferParameters(decay: number) {
  return {
    epsilon: LINF_EPSILON,
    steps: integer({ default: 10, minimum: 1, maximum: 10_000, description: 'Number of steps.' }),
    alpha: magnitude({
      optional: true,
      minimum: SMALLEST_STEP,
      maximum: 1,
      description: 'α: size of one step, as a fraction of the pixel range. Absent: ε / steps, as in the papers.',
    }),
    decay: real({
      default: decay,
      minimum: 0,
      maximum: 10,
      description: 'μ: weight of the gradients gathered before, in each step. 0 is no momentum, 1 is that of MI-FGSM.',
    }),
    ...TARGET_PARAMETERS,
  };
}

export type TransferValues = ValuesOf<ReturnType<typeof transferParameters>>;

/** Runs an attack that is put together of `parts`. */
export async function transferAttack(task: AttackTask, values: TransferValues, parts: TransferParts = {}): Promise<AttackOutput> {
  const { epsilon, steps, alpha = epsilon / steps, decay } = values;
  const n = task.labels.length;
  const { labels, direction } = aim(task);
  const compiled = await compileStep(task, direction, parts);
  const zeros = { ...task.images, data: new Float32Array(task.images.data.length) };
  const fixed: HostTensors = {
    original: task.images,
    label: { dtype: 'int32', shape: [n], data: labels },
    epsilon: constant(n, epsilon),
    step: constant(n, alpha),
    decay: constant(n, decay),
  };
  let state: HostTensors = { adversarial: task.images, momentum: zeros, variance: zeros, varianceScale: constant(n, 0) };
  if (parts.diversity || parts.variance) {
    // Every step has random inputs of its own.
    for (let step = 0; step < steps; step++) {
      state = await compiled.run({ ...fixed, ...state, ...drawStep(task, parts, epsilon, step) }, { signal: task.signal });
    }
  } else {
    const feedback = Object.fromEntries(Object.keys(state).map((name) => [name, name]));
    state = await compiled.run({ ...fixed, ...state }, { repeat: steps, feedback, signal: task.signal });
  }
  const spent = steps * (parts.copies ?? 1) * pointsOf(parts);
  return { images: state['adversarial']!, queries: new Int32Array(n).fill(spent), gradients: new Int32Array(n).fill(spent) };
}

/** Points of which a step takes gradients: where it is, and neighbours. */
const pointsOf = ({ variance }: TransferParts) => 1 + (variance?.neighbours ?? 0);

/** Shapes of what a step draws, for one example. */
function drawnBy(parts: TransferParts, imageShape: readonly number[]): Record<string, readonly number[]> {
  const ofViews = Object.entries(parts.diversity?.drawn ?? {}).map(([name, shape]) => [name, [pointsOf(parts), ...shape]]);
  return {
    ...Object.fromEntries(ofViews),
    ...(parts.variance ? { shifts: [parts.variance.neighbours, ...imageShape] } : {}),
  };
}

function compileStep(task: AttackTask, direction: Direction, parts: TransferParts): Promise<BatchedFunction> {
  const { nesterov = false, diversity, translation, copies = 1, variance: tuning } = parts;
  const shape = task.images.shape.slice(1);
  const image = { dtype: 'float32', shape } as const;
  const perExample = { dtype: 'float32', shape: [1, 1, 1] } as const;
  const drawn = Object.entries(drawnBy(parts, shape)).map(([name, one]) => [name, { dtype: 'float32', shape: one }] as const);
  const variant = [nesterov, diversity !== undefined, translation?.variant, copies, tuning?.neighbours];
  return task.compile(
    `${direction}.${variant.join('.')}`,
    {
      original: image,
      adversarial: image,
      momentum: image,
      variance: image,
      varianceScale: perExample,
      label: { dtype: 'int32', shape: [] },
      epsilon: perExample,
      step: perExample,
      decay: perExample,
      ...Object.fromEntries(drawn),
    },
    (scores, inputs) => {
      const { original, adversarial, momentum, variance, varianceScale, label, epsilon, step, decay } = inputs;
      const kept = tf.mul(decay!, momentum!);
      const ahead = nesterov ? tf.add(adversarial!, tf.mul(step!, kept)) : adversarial!;
      const view = viewing(parts, inputs);
      const n = label!.shape[0]!;
      /**
       * The gradient of the summed cross-entropies of images made from a batch of points, over `exp(scale)`: in float32 itself it is zero where the network is sure.
       * @param of which points they are views of. @param scale `[n]`. Default: that of the image with the largest gradient.
       */
      const gradient = (at: tf.Tensor, of: readonly ((x: tf.Tensor4D) => tf.Tensor4D)[], scale?: tf.Tensor) => {
        const count = of.length * copies;
        const lossAndScale = (x: tf.Tensor) => {
          const images = of.map((one) => scaled(one(x as tf.Tensor4D), copies));
          const views = images.length === 1 ? images[0]! : tf.concat(images, 0);
          const { loss, logScale } = crossEntropy(task, scores(views), tf.tile(label!, [count]) as tf.Tensor1D, task.model.output);
          const [losses, scales] = [tf.reshape(loss, [count, n]), tf.reshape(logScale, [count, n])];
          const base = scale ?? tf.max(scales, 0);
          return tf.stack([tf.sum(tf.mul(exponential(tf.sub(scales, base)), losses), 0), base]);
        };
        const sign = direction === 'ascend' ? 1 : -1;
        const { value, grad } = tf.valueAndGrad(lossAndScale)(at, tf.stack([tf.fill([n], sign), tf.zeros([n])]));
        return { grad, scale: tf.reshape(tf.slice(value, [1, 0], [1, n]), [n]) };
      };
      const { grad: here, scale } = gradient(ahead, [(x) => view(x, 0)]);
      const perPixel = tf.reshape(scale, [n, 1, 1, 1]);
      const tuned = tuning ? tf.add(here, tf.mul(exponential(tf.sub(varianceScale!, perPixel)), variance!)) : here;
      const smoothed = translation ? translation.smooth(tuned) : tuned;
      const gathered = tf.add(kept, ofMeanOne(smoothed));
      const moved = tf.add(adversarial!, tf.mul(step!, tf.sign(gathered)));
      const state = { adversarial: LINF.project(moved, original!, epsilon!), momentum: gathered, varianceScale: perPixel };
      if (!tuning) return { ...state, variance: variance! };
      const shifts = tf.unstack(inputs['shifts']!, 1) as tf.Tensor4D[];
      // Around the image itself, also where the gradient is taken ahead of it, as the authors do.
      const neighbours = shifts.map((shift, i) => (x: tf.Tensor4D) => view(tf.add(x, shift), i + 1));
      const around = gradient(adversarial!, neighbours, scale).grad;
      return { ...state, variance: tf.sub(tf.div(around, shifts.length), here) };
    },
  );
}

/** Beyond this, weights would leave float32. */
const LARGEST_EXPONENT = 60;

const exponential = (x: tf.Tensor) => tf.exp(tf.minimum(x, LARGEST_EXPONENT));

/** The view of a point, with what was drawn for it. */
function viewing({ diversity }: TransferParts, inputs: Tensors): (x: tf.Tensor4D, point: number) => tf.Tensor4D {
  if (!diversity) return (x) => x;
  const draws = Object.keys(diversity.drawn).map((name) => [name, tf.unstack(inputs[name]!, 1)] as const);
  return (x, point) => diversity.view(x, Object.fromEntries(draws.map(([name, ofPoints]) => [name, ofPoints[point]!])));
}

/** Scaled to a mean size of 1. The papers divide by the L1 norm; their code by its mean, which gives the look-ahead the size of a step. */
function ofMeanOne(gradient: tf.Tensor): tf.Tensor {
  const large = scaledToLargest(gradient);
  const mean = tf.mean(tf.abs(large), [1, 2, 3], true);
  // A gradient that is zero everywhere stays zero.
  return tf.div(large, tf.where(tf.greater(mean, 0), mean, tf.onesLike(mean)));
}

function drawStep({ images, labels, random }: AttackTask, parts: TransferParts, epsilon: number, step: number): HostTensors {
  const { diversity, variance } = parts;
  const n = labels.length;
  const imageShape = images.shape.slice(1);
  const tensors = Object.entries(drawnBy(parts, imageShape)).map(([name, shape]): [string, HostTensor] => {
    return [name, { dtype: 'float32', shape: [n, ...shape], data: new Float32Array(n * sizeOf(shape)) }];
  });
  const drawn = Object.fromEntries(tensors);
  for (let i = 0; i < n; i++) {
    const stream = random.stream(i, `momentum.step.${step}`);
    for (let point = 0; diversity && point < pointsOf(parts); point++) {
      for (const [name, values] of Object.entries(diversity.draw(stream))) {
        drawn[name]!.data.set(values, (i * pointsOf(parts) + point) * values.length);
      }
    }
    if (variance) {
      const shifts = drawNeighbours(stream, variance, epsilon, sizeOf(imageShape));
      drawn['shifts']!.data.set(shifts, i * shifts.length);
    }
  }
  return drawn;
}
