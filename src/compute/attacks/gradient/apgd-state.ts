/** Where every example of a run of APGD is. @module */
import { gather, type HostTensor } from '../../tensors/index.js';
import type { AttackTask } from '../core/definition.js';
import { copyRow } from '../core/image-arrays.js';

/** What a step found, and where. */
export interface ApgdStepResult {
  readonly images: HostTensor;
  readonly gradient: HostTensor;
  readonly losses: Float32Array;
  readonly scores: HostTensor;
}

/** All members have one row an example. */
export interface ApgdState {
  readonly original: HostTensor;
  readonly labels: Int32Array;
  readonly targets: Int32Array;
  readonly current: HostTensor;
  readonly previous: HostTensor;
  readonly gradient: HostTensor;
  readonly best: HostTensor;
  readonly bestGradient: HostTensor;
  readonly losses: Float32Array;
  readonly bestLosses: Float32Array;
  /** Step sizes. */
  readonly steps: Float32Array;
  /** Steps since the last checkpoint that raised the loss. */
  readonly rises: Int32Array;
  readonly bestAtCheckpoint: Float32Array;
  /** 1 where the step size was halved at the last checkpoint. */
  readonly halved: Uint8Array;
  /** Of sparse steps: the share of the pixel values that a step changes, and how many the best image changed at the last checkpoint. */
  readonly shares: Float32Array;
  readonly changed: Float32Array;
}

/** What a run starts with. One value an example. */
export type ApgdStart = Pick<ApgdState, 'targets' | 'steps' | 'shares' | 'changed'>;

/** @param first what a step of size 0 found where the run starts. */
export function stateAt(
  { images, gradient, losses }: ApgdStepResult,
  { images: original, labels }: Pick<AttackTask, 'images' | 'labels'>,
  start: ApgdStart,
): ApgdState {
  const n = labels.length;
  const copy = (tensor: HostTensor): HostTensor => ({ ...tensor, data: tensor.data.slice() });
  return {
    ...start,
    original,
    labels,
    current: images,
    previous: images,
    gradient,
    best: copy(images),
    bestGradient: copy(gradient),
    losses,
    bestLosses: losses.slice(),
    rises: new Int32Array(n),
    bestAtCheckpoint: losses.slice(),
    halved: new Uint8Array(n).fill(1),
  };
}

/** The state after a step, the best image of each example kept. */
export function advance(state: ApgdState, { images, gradient, losses }: ApgdStepResult): ApgdState {
  for (const [row, loss] of losses.entries()) {
    if (loss > state.losses[row]!) state.rises[row]!++;
    if (!(loss > state.bestLosses[row]!)) continue;
    state.bestLosses[row] = loss;
    copyRow(state.best, images, row);
    copyRow(state.bestGradient, gradient, row);
  }
  return { ...state, current: images, previous: state.current, gradient, losses };
}

/** Some examples of a state. */
export function keepRows(state: ApgdState, rows: Int32Array): ApgdState {
  const kept = Object.entries(state).map(([name, value]: [string, HostTensor | Int32Array | Float32Array | Uint8Array]) => {
    return [
      name,
      ArrayBuffer.isView(value) ? gather({ dtype: 'float32', shape: [value.length], data: value }, rows).data : gather(value, rows),
    ];
  });
  return Object.fromEntries(kept) as ApgdState;
}
