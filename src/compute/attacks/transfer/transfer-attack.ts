/**
 * The transfer family: iterated sign steps along an accumulated gradient, `g_{t+1} = μ g_t + ĝ_t / mean|ĝ_t|`, `X_{t+1} = Clip_{X,ε}{ X_t + α · sign g_{t+1} }`
 * (Dong et al. 2018). The gradient ĝ is estimated by parts, in the order of the authors' code of VT-SI-NI-TI-DI-FGSM: of views of the look-ahead point
 * (diversity), at several scales, with the variance of the step before added, then smoothed. All steps are taken on all examples: an example that has just crossed
 * the boundary transfers worse than one that has gone on.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction, BatchedInput } from '../../engine/index.js';
import { integer, magnitude, real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
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
import { drawNeighbours, type VarianceValues } from './variance.js';

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
  const label: HostTensor = { dtype: 'int32', shape: [n], data: labels };
  const fixed: HostTensors = {
    original: task.images,
    label,
    epsilon: constant(n, epsilon),
    step: constant(n, alpha),
    decay: constant(n, decay),
  };
  let state: HostTensors = { adversarial: task.images, momentum: zeros };
  const { signal } = task;
  if (parts.diversity || parts.variance) {
    const gradientAround = parts.variance && (await neighbourGradients(task, direction, parts, parts.variance, epsilon));
    if (gradientAround) state = { ...state, here: zeros, around: zeros, scale: constant(n, 0) };
    for (let step = 0; step < steps; step++) {
      // Every step has random inputs of its own.
      const streams = Array.from(labels.keys(), (i) => task.random.stream(i, `momentum.step.${step}`));
      const views = drawViews(streams, parts);
      const next = await compiled.run({ ...fixed, ...state, ...pointsIn(views, 0, 1) }, { signal });
      // Around the image itself, also where the gradient is taken ahead of it, as the authors do.
      const from = { label, adversarial: state['adversarial']!, scale: next['scale']! };
      state = gradientAround ? { ...next, around: await gradientAround(from, zeros, streams, views) } : next;
    }
  } else {
    const feedback = Object.fromEntries(Object.keys(state).map((name) => [name, name]));
    state = await compiled.run({ ...fixed, ...state }, { repeat: steps, feedback, signal });
  }
  const spent = steps * (parts.copies ?? 1) * pointsOf(parts);
  return { images: state['adversarial']!, queries: new Int32Array(n).fill(spent), gradients: new Int32Array(n).fill(spent) };
}

/** Points of which a step takes gradients: where it is, and neighbours. */
const pointsOf = ({ variance }: TransferParts) => 1 + (variance?.neighbours ?? 0);

const PER_EXAMPLE = { dtype: 'float32', shape: [1, 1, 1] } as const;

/** What the views of `points` points of one example need. */
function viewInputs({ diversity }: TransferParts, points: number): Record<string, BatchedInput> {
  const drawn = Object.entries(diversity?.drawn ?? {});
  return Object.fromEntries(drawn.map(([name, shape]) => [name, { dtype: 'float32', shape: [points, ...shape] }]));
}

const variantOf = ({ nesterov = false, diversity, translation, copies = 1, variance }: TransferParts) =>
  [nesterov, diversity !== undefined, translation?.variant, copies, variance?.neighbours].join('.');

function compileStep(task: AttackTask, direction: Direction, parts: TransferParts): Promise<BatchedFunction> {
  const { nesterov = false, translation, variance: tuning } = parts;
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  return task.compile(
    `${direction}.${variantOf(parts)}`,
    {
      original: image,
      adversarial: image,
      momentum: image,
      label: { dtype: 'int32', shape: [] },
      epsilon: PER_EXAMPLE,
      step: PER_EXAMPLE,
      decay: PER_EXAMPLE,
      ...(tuning ? { here: image, around: image, scale: PER_EXAMPLE } : {}),
      ...viewInputs(parts, 1),
    },
    (scores, inputs) => {
      const { original, adversarial, momentum, label, epsilon, step, decay } = inputs;
      const kept = tf.mul(decay!, momentum!);
      const ahead = nesterov ? tf.add(adversarial!, tf.mul(step!, kept)) : adversarial!;
      const view = viewing(parts, inputs);
      const { grad: here, scale } = gradientOf(task, direction, parts, { scores, label: label! }, ahead, [(x) => view(x, 0)]);
      const perPixel = tf.reshape(scale, [label!.shape[0]!, 1, 1, 1]);
      const tuned = tuning ? tf.add(here, varianceBefore(inputs, tuning.neighbours, perPixel)) : here;
      const smoothed = translation ? translation.smooth(tuned) : tuned;
      const gathered = tf.add(kept, ofMeanOne(smoothed));
      const moved = tf.add(adversarial!, tf.mul(step!, tf.sign(gathered)));
      const state = { adversarial: LINF.project(moved, original!, epsilon!), momentum: gathered };
      return tuning ? { ...state, here, scale: perPixel } : state;
    },
  );
}

/** The variance of the step before, in units of this step's scale. */
function varianceBefore({ here, around, scale: before }: Tensors, neighbours: number, scale: tf.Tensor): tf.Tensor {
  const variance = tf.sub(tf.div(around!, neighbours), here!);
  return tf.mul(exponential(tf.sub(before!, scale)), variance);
}

interface Classified {
  readonly scores: (x: tf.Tensor4D) => tf.Tensor2D;
  readonly label: tf.Tensor;
}

/**
 * The gradient of the summed cross-entropies of images made from a batch of points, over `exp(scale)`: in float32 itself it is zero where the network is sure.
 * @param of which points they are views of. @param scale `[n]`. Default: that of the image with the largest gradient.
 */
function gradientOf(
  task: AttackTask,
  direction: Direction,
  { copies = 1 }: TransferParts,
  { scores, label }: Classified,
  at: tf.Tensor,
  of: readonly ((x: tf.Tensor4D) => tf.Tensor4D)[],
  scale?: tf.Tensor,
): { grad: tf.Tensor; scale: tf.Tensor } {
  const n = label.shape[0]!;
  const count = of.length * copies;
  const lossAndScale = (x: tf.Tensor) => {
    const images = of.map((one) => scaled(one(x as tf.Tensor4D), copies));
    const views = images.length === 1 ? images[0]! : tf.concat(images, 0);
    const { loss, logScale } = crossEntropy(task, scores(views), tf.tile(label, [count]) as tf.Tensor1D, task.model.output);
    const [losses, scales] = [tf.reshape(loss, [count, n]), tf.reshape(logScale, [count, n])];
    const base = scale ?? tf.max(scales, 0);
    return tf.stack([tf.sum(tf.mul(exponential(tf.sub(scales, base)), losses), 0), base]);
  };
  const sign = direction === 'ascend' ? 1 : -1;
  const { value, grad } = tf.valueAndGrad(lossAndScale)(at, tf.stack([tf.fill([n], sign), tf.zeros([n])]));
  return { grad, scale: tf.reshape(tf.slice(value, [1, 0], [1, n]), [n]) };
}

/** Neighbours with at most so many pixel values are passed at once, else one after the other: at 224×224 twenty at once take gigabytes. */
const VALUES_AT_ONCE = 2 ** 18;

/** The sum of the gradients at an example's neighbours, in the scale of the gradient at the example itself. */
async function neighbourGradients(task: AttackTask, direction: Direction, parts: TransferParts, variance: VarianceValues, epsilon: number) {
  const shape = task.images.shape.slice(1);
  const image = { dtype: 'float32', shape } as const;
  const size = sizeOf(shape);
  const { neighbours } = variance;
  const atOnce = neighbours * (parts.copies ?? 1) * size <= VALUES_AT_ONCE ? neighbours : 1;
  const compiled = await task.compile(
    `neighbours.${direction}.${variantOf(parts)}`,
    {
      adversarial: image,
      around: image,
      label: { dtype: 'int32', shape: [] },
      scale: PER_EXAMPLE,
      shifts: { dtype: 'float32', shape: [atOnce, ...shape] },
      ...viewInputs(parts, atOnce),
    },
    (scores, inputs) => {
      const { adversarial, around, label, scale, shifts } = inputs;
      const view = viewing(parts, inputs);
      const shifted = (tf.unstack(shifts!, 1) as tf.Tensor4D[]).map((shift, i) => (x: tf.Tensor4D) => view(tf.add(x, shift), i));
      const perExample = tf.reshape(scale!, [label!.shape[0]!]);
      const { grad } = gradientOf(task, direction, parts, { scores, label: label! }, adversarial!, shifted, perExample);
      return { around: tf.add(around!, grad) };
    },
  );
  return async (from: HostTensors, zeros: HostTensor, streams: readonly RandomStream[], views: HostTensors): Promise<HostTensor> => {
    let around = zeros;
    for (let first = 0; first < neighbours; first += atOnce) {
      const data = new Float32Array(streams.length * atOnce * size);
      for (const [i, stream] of streams.entries()) data.set(drawNeighbours(stream, variance, epsilon, atOnce * size), i * atOnce * size);
      const shifts: HostTensor = { dtype: 'float32', shape: [streams.length, atOnce, ...shape], data };
      const inputs = { ...from, around, shifts, ...pointsIn(views, 1 + first, atOnce) };
      around = (await compiled.run(inputs, { signal: task.signal }))['around']!;
    }
    return around;
  };
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

/** What the views of a step need, `[n, points, ...]`. */
function drawViews(streams: readonly RandomStream[], parts: TransferParts): HostTensors {
  const { diversity } = parts;
  if (!diversity) return {};
  const points = pointsOf(parts);
  const tensors = Object.entries(viewInputs(parts, points)).map(([name, { shape }]): [string, HostTensor] => {
    return [name, { dtype: 'float32', shape: [streams.length, ...shape], data: new Float32Array(streams.length * sizeOf(shape)) }];
  });
  const drawn = Object.fromEntries(tensors);
  for (const [i, stream] of streams.entries()) {
    for (let point = 0; point < points; point++) {
      for (const [name, values] of Object.entries(diversity.draw(stream)))
        drawn[name]!.data.set(values, (i * points + point) * values.length);
    }
  }
  return drawn;
}

/** What was drawn for `count` points from `first` on. */
function pointsIn(drawn: HostTensors, first: number, count: number): HostTensors {
  return Object.fromEntries(
    Object.entries(drawn).map(([name, { dtype, shape, data }]) => {
      const [n, points, ...rest] = shape as [number, number, ...number[]];
      const size = sizeOf(rest);
      const chosen = new Float32Array(n * count * size);
      for (let i = 0; i < n; i++) {
        const from = (i * points + first) * size;
        chosen.set((data as Float32Array).subarray(from, from + count * size), i * count * size);
      }
      return [name, { dtype, shape: [n, count, ...rest], data: chosen }];
    }),
  );
}
