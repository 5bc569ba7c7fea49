/**
 * The transfer family: iterated sign steps along an accumulated gradient, `g_{t+1} = μ g_t + ĝ_t / mean|ĝ_t|`, `X_{t+1} = Clip_{X,ε}{ X_t + α · sign g_{t+1} }`
 * (Dong et al. 2018). The gradient ĝ is estimated by parts, in the order of the authors' code of VT-SI-NI-TI-DI-FGSM: of views of the look-ahead point
 * (diversity, admixed images, frequencies, blocks), at several scales, with the variance of the step before added, then smoothed. All steps are taken on all examples: an example that has just crossed
 * the boundary transfers worse than one that has gone on.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunction, BatchedInput } from '../../engine/index.js';
import { choice, integer, magnitude, real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import { type HostTensor, type HostTensors, sizeOf, type Tensors } from '../../tensors/index.js';
import type { AttackOutput, AttackTask } from '../core/definition.js';
import { aim } from '../core/goal.js';
import { TARGET_PARAMETERS } from '../core/labels.js';
import { crossEntropy, fusedLoss } from '../core/fused-loss.js';
import { logitLoss } from '../core/losses.js';
import { LINF_EPSILON, SMALLEST_STEP } from '../core/parameters.js';
import { constant, type Direction } from '../core/projected-gradient.js';
import { LINF } from '../norms/linf.js';
import { scaledToLargest } from '../norms/reduce.js';
import type { TransferParts } from './parts.js';
import { patchWiseStep } from './patch-wise.js';
import type { PenaltyValues } from './penalty.js';
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
    loss: choice({
      enumName: 'TransferLoss',
      values: {
        CROSS_ENTROPY: 'The cross-entropy of the true class, or of the target.',
        LOGIT: 'The logit of the true class, or of the target: for targets it transfers better with many steps (Zhao et al. 2021).',
      },
      default: 'CROSS_ENTROPY',
      description: 'What the steps raise; towards a target, what they lower, or the logit that they raise.',
    }),
    ...TARGET_PARAMETERS,
  };
}

export type TransferValues = ValuesOf<ReturnType<typeof transferParameters>>;

/** Runs an attack that is put together of `parts`. */
export async function transferAttack(task: AttackTask, values: TransferValues, parts: TransferParts = {}): Promise<AttackOutput> {
  const { epsilon, steps, alpha = epsilon / steps, decay } = values;
  const n = task.labels.length;
  const { labels, direction: towards } = aim(task);
  const direction: Climbing = { towards, loss: values.loss };
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
  let state: HostTensors = { adversarial: task.images, momentum: zeros, ...(parts.patchWise ? { amplified: zeros } : {}) };
  const { signal } = task;
  if (parts.views || parts.variance || parts.penalty) {
    const flatGradient = parts.penalty && (await flatGradients(task, direction, parts, parts.penalty, { epsilon, alpha }));
    const gradientAround = parts.variance && (await neighbourGradients(task, direction, parts, parts.variance, epsilon));
    if (gradientAround) state = { ...state, here: zeros, around: zeros, scale: constant(n, 0) };
    for (let step = 0; step < steps; step++) {
      // Every step has random inputs of its own.
      const streams = Array.from(labels.keys(), (i) => task.random.stream(i, `momentum.step.${step}`));
      const views = drawViews(streams, parts, task.labels);
      const flat = flatGradient && { flat: await flatGradient({ label, adversarial: state['adversarial']! }, zeros, streams, views) };
      const next = await compiled.run({ ...fixed, ...state, ...flat, ...pointsIn(views, parts, 0, 1) }, { signal });
      // Around the image itself, also where the gradient is taken ahead of it, as the authors do.
      const from = { label, adversarial: state['adversarial']!, scale: next['scale']! };
      state = gradientAround ? { ...next, around: await gradientAround(from, zeros, streams, views) } : next;
    }
  } else {
    const feedback = Object.fromEntries(Object.keys(state).map((name) => [name, name]));
    state = await compiled.run({ ...fixed, ...state }, { repeat: steps, feedback, signal });
  }
  const spent = steps * (parts.copies ?? 1) * (parts.viewCount ?? 1) * passesOf(parts);
  return { images: state['adversarial']!, queries: new Int32Array(n).fill(spent), gradients: new Int32Array(n).fill(spent) };
}

/** Points of which a step takes gradients: where it is, and neighbours of either kind. */
const pointsOf = ({ variance, penalty }: TransferParts) => 1 + (variance?.neighbours ?? 0) + (penalty?.flatNeighbours ?? 0);

/** Gradients of a step, of one view each. Those at the image serve the variance, which is measured from there, and no penalty. */
const passesOf = ({ variance, penalty }: TransferParts) =>
  Number(!penalty || variance !== undefined) + (variance?.neighbours ?? 0) + 2 * (penalty?.flatNeighbours ?? 0);

/** Which way a loss is followed. */
interface Climbing {
  readonly towards: Direction;
  readonly loss: TransferValues['loss'];
}

const PER_EXAMPLE = { dtype: 'float32', shape: [1, 1, 1] } as const;

/** What the views of `points` points of one example need. */
function viewInputs({ views = [], viewCount = 1 }: TransferParts, points: number): Record<string, BatchedInput> {
  const drawn = views.flatMap((part) => Object.entries(part.drawn));
  return Object.fromEntries(drawn.map(([name, shape]) => [name, { dtype: 'float32', shape: [points * viewCount, ...shape] }]));
}

const variantOf = (parts: TransferParts) => {
  const { nesterov = false, views = [], viewCount = 1, translation, copies = 1, variance, patchWise, penalty } = parts;
  const ofViews = views.map(({ variant }) => variant).join('+');
  const ofSteps = patchWise && Object.values(patchWise).join('x');
  return [nesterov, ofViews, viewCount, translation?.variant, copies, variance?.neighbours, ofSteps, penalty?.flatNeighbours].join('.');
};

const nameOf = ({ towards, loss }: Climbing) => (loss === 'CROSS_ENTROPY' ? towards : `${towards}.${loss}`);

function compileStep(task: AttackTask, direction: Climbing, parts: TransferParts): Promise<BatchedFunction> {
  const { nesterov = false, translation, variance: tuning, penalty, patchWise } = parts;
  const image = { dtype: 'float32', shape: task.images.shape.slice(1) } as const;
  return task.compile(
    `${nameOf(direction)}.${variantOf(parts)}`,
    {
      original: image,
      adversarial: image,
      momentum: image,
      label: { dtype: 'int32', shape: [] },
      epsilon: PER_EXAMPLE,
      step: PER_EXAMPLE,
      decay: PER_EXAMPLE,
      ...(tuning ? { here: image, around: image, scale: PER_EXAMPLE } : {}),
      ...(penalty ? { flat: image } : {}),
      ...(patchWise ? { amplified: image } : {}),
      ...viewInputs(parts, 1),
    },
    (scores, inputs) => {
      const { original, adversarial, momentum, label, epsilon, step, decay } = inputs;
      const kept = tf.mul(decay!, momentum!);
      const ahead = nesterov ? tf.add(adversarial!, tf.mul(step!, kept)) : adversarial!;
      const view = viewing(parts, inputs);
      const needsGradient = !penalty || tuning !== undefined;
      const at = needsGradient && gradientOf(task, direction, parts, { scores, label: label! }, ahead, viewsOf(parts, view, [0]));
      const here = at ? at.grad : tf.zerosLike(ahead);
      const perPixel = tf.reshape(at ? at.scale : tf.zeros([label!.shape[0]!]), [label!.shape[0]!, 1, 1, 1]);
      const own = penalty ? inputs['flat']! : here;
      const tuned = tuning ? tf.add(own, varianceBefore(inputs, tuning.neighbours, perPixel)) : own;
      const smoothed = translation ? translation.smooth(tuned) : tuned;
      const gathered = tf.add(kept, ofMeanOne(smoothed));
      const along = tf.sign(gathered);
      const amplified =
        patchWise && patchWiseStep(patchWise, { gathered: inputs['amplified']!, direction: along, step: step!, epsilon: epsilon! });
      const moved = tf.add(adversarial!, amplified ? amplified.step : tf.mul(step!, along));
      const state = {
        ...{ adversarial: LINF.project(moved, original!, epsilon!), momentum: gathered },
        ...(amplified ? { amplified: amplified.gathered } : {}),
      };
      return tuning ? { ...state, here, scale: perPixel } : state;
    },
  );
}

/** The views of some points. @param atPoint moves x to a point. Default: x itself. */
function viewsOf(
  { viewCount = 1 }: TransferParts,
  view: (x: tf.Tensor4D, at: number) => tf.Tensor4D,
  points: readonly number[],
  atPoint: (x: tf.Tensor4D, point: number) => tf.Tensor4D = (x) => x,
): ((x: tf.Tensor4D) => tf.Tensor4D)[] {
  return points.flatMap((point) =>
    Array.from({ length: viewCount }, (_, k) => (x: tf.Tensor4D) => view(atPoint(x, point), point * viewCount + k)),
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
  direction: Climbing,
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
    const { loss, logScale } = lossOf(task, direction, scores(views), tf.tile(label, [count]) as tf.Tensor1D);
    const [losses, scales] = [tf.reshape(loss, [count, n]), tf.reshape(logScale, [count, n])];
    const base = scale ?? tf.max(scales, 0);
    return tf.stack([tf.sum(tf.mul(exponential(tf.sub(scales, base)), losses), 0), base]);
  };
  const sign = direction.towards === 'ascend' ? 1 : -1;
  const { value, grad } = tf.valueAndGrad(lossAndScale)(at, tf.stack([tf.fill([n], sign), tf.zeros([n])]));
  return { grad, scale: tf.reshape(tf.slice(value, [1, 0], [1, n]), [n]) };
}

/** The loss, and the logarithm of what its gradient is to be multiplied by. */
function lossOf(task: AttackTask, { loss }: Climbing, scores: tf.Tensor2D, labels: tf.Tensor1D): { loss: tf.Tensor; logScale: tf.Tensor } {
  if (loss === 'CROSS_ENTROPY') return crossEntropy(task, scores, labels, task.model.output);
  const logits = fusedLoss(task, logitLoss)(scores, labels, task.model.output, labels);
  return { loss: logits, logScale: tf.zerosLike(logits) };
}

/** Neighbours with at most so many pixel values are passed at once, else one after the other: at 224×224 twenty at once take gigabytes. */
const VALUES_AT_ONCE = 2 ** 18;

/** The sum of the gradients at an example's neighbours, in the scale of the gradient at the example itself. */
async function neighbourGradients(task: AttackTask, direction: Climbing, parts: TransferParts, variance: VarianceValues, epsilon: number) {
  const shape = task.images.shape.slice(1);
  const image = { dtype: 'float32', shape } as const;
  const size = sizeOf(shape);
  const { neighbours } = variance;
  const atOnce = fitting(neighbours, size, parts);
  const compiled = await task.compile(
    `neighbours.${nameOf(direction)}.${variantOf(parts)}`,
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
      const shiftsOfPoints = tf.unstack(shifts!, 1) as tf.Tensor4D[];
      const shifted = viewsOf(parts, view, [...shiftsOfPoints.keys()], (x, point) => tf.add(x, shiftsOfPoints[point]!));
      const perExample = tf.reshape(scale!, [label!.shape[0]!]);
      const { grad } = gradientOf(task, direction, parts, { scores, label: label! }, adversarial!, shifted, perExample);
      return { around: tf.add(around!, grad) };
    },
  );
  return async (from: HostTensors, zeros: HostTensor, streams: readonly RandomStream[], views: HostTensors): Promise<HostTensor> => {
    let around = zeros;
    for (let first = 0; first < neighbours; first += atOnce) {
      const shifts = shiftsOf(streams, variance, epsilon, [atOnce, ...shape]);
      const inputs = { ...from, around, shifts, ...pointsIn(views, parts, 1 + first, atOnce) };
      around = (await compiled.run(inputs, { signal: task.signal }))['around']!;
    }
    return around;
  };
}

/** How many of some neighbours are passed at once. */
function fitting(neighbours: number, size: number, { copies = 1, viewCount = 1 }: TransferParts): number {
  return neighbours * copies * viewCount * size <= VALUES_AT_ONCE ? neighbours : 1;
}

/** The mean over random neighbours of a gradient there and of one a step down its slope, in the scale of the gradient at the example itself. */
async function flatGradients(
  task: AttackTask,
  direction: Climbing,
  parts: TransferParts,
  { flatNeighbours, flatRadius, balance }: PenaltyValues,
  { epsilon, alpha }: { readonly epsilon: number; readonly alpha: number },
) {
  const shape = task.images.shape.slice(1);
  const image = { dtype: 'float32', shape } as const;
  const size = sizeOf(shape);
  const atOnce = fitting(flatNeighbours, size, parts);
  const compiled = await task.compile(
    `flat.${nameOf(direction)}.${variantOf(parts)}`,
    {
      ...{ adversarial: image, around: image, label: { dtype: 'int32', shape: [] }, weight: PER_EXAMPLE, step: PER_EXAMPLE },
      shifts: { dtype: 'float32', shape: [atOnce, ...shape] },
      ...viewInputs(parts, atOnce),
    },
    (scores, inputs) => {
      const { adversarial, around, label, weight, step, shifts } = inputs;
      const view = viewing(parts, inputs);
      const classified = { scores, label: label! };
      // Gradients of different points are added as they are, but for one factor of all.
      const { logScale } = lossOf(task, direction, scores(adversarial as tf.Tensor4D), label as tf.Tensor1D);
      const sum = (tf.unstack(shifts!, 1) as tf.Tensor4D[]).reduce((total, shift, point) => {
        const near = tf.add(adversarial!, shift);
        const first = gradientOf(task, direction, parts, classified, near, viewsOf(parts, view, [point]), logScale).grad;
        const down = tf.sub(near, tf.mul(step!, ofMeanOne(first)));
        const second = gradientOf(task, direction, parts, classified, down, viewsOf(parts, view, [point]), logScale).grad;
        return tf.add(total, tf.add(tf.mul(tf.sub(1, weight!), first), tf.mul(weight!, second)));
      }, around!);
      return { around: sum };
    },
  );
  const n = task.labels.length;
  return async (from: HostTensors, zeros: HostTensor, streams: readonly RandomStream[], views: HostTensors): Promise<HostTensor> => {
    let around = zeros;
    const firstPoint = 1 + (parts.variance?.neighbours ?? 0);
    for (let first = 0; first < flatNeighbours; first += atOnce) {
      const shifts = shiftsOf(streams, { beta: flatRadius }, epsilon, [atOnce, ...shape]);
      const inputs = { ...from, around, shifts, weight: constant(n, balance), step: constant(n, alpha) };
      const drawn = pointsIn(views, parts, firstPoint + first, atOnce);
      around = (await compiled.run({ ...inputs, ...drawn }, { signal: task.signal }))['around']!;
    }
    return around;
  };
}

/** Random shifts of each example, `[n, ...shape]`. */
function shiftsOf(
  streams: readonly RandomStream[],
  { beta }: { readonly beta: number },
  epsilon: number,
  shape: readonly number[],
): HostTensor {
  const size = sizeOf(shape);
  const data = new Float32Array(streams.length * size);
  for (const [i, stream] of streams.entries()) data.set(drawNeighbours(stream, { beta }, epsilon, size), i * size);
  return { dtype: 'float32', shape: [streams.length, ...shape], data };
}

/** Beyond this, weights would leave float32. */
const LARGEST_EXPONENT = 60;

const exponential = (x: tf.Tensor) => tf.exp(tf.minimum(x, LARGEST_EXPONENT));

/** A view of a point, with what was drawn for it. */
function viewing({ views = [] }: TransferParts, inputs: Tensors): (x: tf.Tensor4D, at: number) => tf.Tensor4D {
  const drawn = views.map((part) => {
    const draws = Object.keys(part.drawn).map((name) => [name, tf.unstack(inputs[name]!, 1)] as const);
    return (x: tf.Tensor4D, at: number) => part.view(x, Object.fromEntries(draws.map(([name, ofViews]) => [name, ofViews[at]!])));
  });
  return (x, at) => drawn.reduce((image, view) => view(image, at), x);
}

/** Scaled to a mean size of 1. The papers divide by the L1 norm; their code by its mean, which gives the look-ahead the size of a step. */
function ofMeanOne(gradient: tf.Tensor): tf.Tensor {
  const large = scaledToLargest(gradient);
  const mean = tf.mean(tf.abs(large), [1, 2, 3], true);
  // A gradient that is zero everywhere stays zero.
  return tf.div(large, tf.where(tf.greater(mean, 0), mean, tf.onesLike(mean)));
}

/** What the views of a step need, `[n, points · views, ...]`. */
function drawViews(streams: readonly RandomStream[], parts: TransferParts, labels: Int32Array): HostTensors {
  const { views = [], viewCount = 1 } = parts;
  const rows = pointsOf(parts) * viewCount;
  const tensors = Object.entries(viewInputs(parts, pointsOf(parts))).map(([name, { shape }]): [string, HostTensor] => {
    return [name, { dtype: 'float32', shape: [streams.length, ...shape], data: new Float32Array(streams.length * sizeOf(shape)) }];
  });
  const drawn = Object.fromEntries(tensors);
  for (const [i, stream] of streams.entries()) {
    for (let at = 0; at < rows; at++) {
      for (const part of views) {
        for (const [name, values] of Object.entries(part.draw(stream, labels[i]!))) {
          drawn[name]!.data.set(values, (i * rows + at) * values.length);
        }
      }
    }
  }
  return drawn;
}

/** What was drawn for `count` points from `first` on. */
function pointsIn(drawn: HostTensors, { viewCount = 1 }: TransferParts, first: number, count: number): HostTensors {
  return Object.fromEntries(
    Object.entries(drawn).map(([name, { dtype, shape, data }]) => {
      const [n, rows, ...rest] = shape as [number, number, ...number[]];
      const size = viewCount * sizeOf(rest);
      const chosen = new Float32Array(n * count * size);
      for (let i = 0; i < n; i++) {
        const from = i * rows * sizeOf(rest) + first * size;
        chosen.set((data as Float32Array).subarray(from, from + count * size), i * count * size);
      }
      return [name, { dtype, shape: [n, count * viewCount, ...rest], data: chosen }];
    }),
  );
}
