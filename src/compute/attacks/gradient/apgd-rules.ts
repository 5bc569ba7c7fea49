/**
 * How APGD starts, moves and adapts its step size in each norm: in L∞ and L2 by inertia and halving (Croce & Hein 2020, section 3), in L1 by steps on few
 * pixels whose number follows that of the change (Croce & Hein 2021, section 3.2).
 * @module
 */
import type * as tf from '@tensorflow/tfjs-core';
import { floats, type HostTensor } from '../../tensors/index.js';
import type { AttackTask } from '../core/definition.js';
import { copyRow, row } from '../core/image-arrays.js';
import { changedAtRandom, randomlyChanged } from '../core/random-images.js';
import { L1, sparseSigns } from '../norms/l1.js';
import type { BudgetNorm } from '../norms/types.js';
import type { ApgdState } from './apgd-state.js';

export interface ApgdRule {
  readonly norm: BudgetNorm;
  /** Step size at the beginning, as a multiple of ε. */
  readonly firstStep: number;
  /** α: weight of the gradient step against the step before, after the first step. 1: no inertia. */
  readonly blend: number;
  /** Whether each example has a share of pixels that its steps change. */
  readonly isSparse: boolean;
  /** Direction of a step, of length 1 in the norm. @param share where the rule is sparse: of the pixel values, `[batch, 1, 1, 1]`. */
  direction(gradient: tf.Tensor, x: tf.Tensor, share?: tf.Tensor): tf.Tensor;
  /** A random image of each example; the first step projects it. @param purpose names the random draws. */
  start(task: AttackTask, purpose: string, epsilon: number): HostTensor;
  /** Steps after which progress is checked. */
  checkpoints(steps: number): number[];
  /** Changes the step size of each example by itself, at a checkpoint. @param since steps since the last. @param largest step size at the beginning. */
  adapt(state: ApgdState, since: number, largest: number): void;
}

/** ρ: an example whose loss rose in fewer than this share of the steps since the last checkpoint gets half the step size. */
const SHARE_OF_RISES = 0.75;

/** Steps with inertia, whose size is halved where progress stalls. */
export function halvingSteps(norm: BudgetNorm): ApgdRule {
  return {
    norm,
    firstStep: 2,
    blend: 0.75,
    isSparse: false,
    direction: (gradient, x) => norm.steepest(gradient, x),
    /** A random point at the end of the budget. */
    start: (task, purpose, epsilon) =>
      randomlyChanged(task, purpose, (stream, size) => {
        const change = norm.randomChange(stream, size);
        const factor = epsilon / Math.max(norm.length(change), Number.MIN_VALUE);
        return change.map((value) => value * factor);
      }),
    checkpoints: checkpointsOf,
    adapt: halveWhereStalled,
  };
}

/** The paper's two conditions. */
function halveWhereStalled(state: ApgdState, since: number): void {
  for (const example of state.labels.keys()) {
    const rarelyRose = state.rises[example]! <= SHARE_OF_RISES * since;
    const noBetter = state.halved[example] === 0 && state.bestAtCheckpoint[example]! >= state.bestLosses[example]!;
    state.halved[example] = Number(rarelyRose || noBetter);
    state.bestAtCheckpoint[example] = state.bestLosses[example]!;
    state.rises[example] = 0;
    if (state.halved[example] === 0) continue;
    state.steps[example]! /= 2;
    continueFromBest(state, example);
  }
}

function continueFromBest(state: ApgdState, example: number): void {
  copyRow(state.current, state.best, example);
  copyRow(state.gradient, state.bestGradient, example);
}

/** Steps after which progress is checked: the first after 22 % of all, then at intervals that shrink by 3 % down to 6 % (Croce & Hein 2020, section 3). */
export function checkpointsOf(steps: number): number[] {
  const share = (part: number) => Math.max(1, Math.floor(part * steps));
  const checkpoints: number[] = [];
  let interval = share(0.22);
  for (let at = interval; at <= steps; at += interval) {
    checkpoints.push(at);
    interval = Math.max(interval - share(0.03), share(0.06));
  }
  return checkpoints;
}

/** Values of Croce & Hein 2021 and of their code: checkpoints every 4 % of the steps, and what happens there. */
const SPARSE = { interval: 0.04, fewer: 0.95, shareOfChanged: 1.5, shorter: 1.5, shortest: 10 };

/** Share of the pixels that the steps from a random start change at first; from an image that was found, it follows the change of that. */
export const FIRST_SHARE = 0.2;

/** Steps on the pixels with the largest gradients: on two thirds as many as the best image so far changes. */
export const sparseSteps: ApgdRule = {
  norm: L1,
  firstStep: 1,
  blend: 1,
  isSparse: true,
  direction: (gradient, _, share) => sparseSigns(gradient, share!),
  /** Normal noise, far outside the budget, so that its projection lies at the end and has few pixels. */
  start: (task, purpose) => changedAtRandom(task, purpose, (stream, size) => Float32Array.from({ length: size }, () => stream.normal())),
  checkpoints(steps) {
    const interval = Math.max(1, Math.floor(SPARSE.interval * steps));
    return Array.from({ length: Math.floor(steps / interval) }, (_, i) => (i + 1) * interval);
  },
  /** Where the best change has become sparser, the steps are long again and go on from it; elsewhere they become shorter. */
  adapt(state, _, largest) {
    const changed = changedPixels(state.best, state.original);
    for (const [example, count] of changed.entries()) {
      const isSparser = count / state.changed[example]! < SPARSE.fewer;
      state.shares[example] = shareFor(count, state.best);
      state.changed[example] = count;
      const length = isSparser ? largest : state.steps[example]! / SPARSE.shorter;
      state.steps[example] = Math.max(length, largest / SPARSE.shortest);
      if (isSparser) continueFromBest(state, example);
    }
  },
};

/** Share of the pixel values that a step changes where the image differs from the original in `count` of them. */
export function shareFor(count: number, { data, shape }: HostTensor): number {
  return count / (data.length / shape[0]!) / SPARSE.shareOfChanged;
}

/** How many pixel values of each image differ from the original. */
export function changedPixels(images: HostTensor, original: HostTensor): Float32Array {
  const n = images.shape[0]!;
  const size = images.data.length / Math.max(1, n);
  return Float32Array.from({ length: n }, (_, i) => {
    const from = row(floats(original), size, i);
    return row(floats(images), size, i).reduce((count, value, p) => count + Number(value !== from[p]), 0);
  });
}
