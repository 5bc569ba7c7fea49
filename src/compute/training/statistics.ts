/**
 * Moving statistics of batch norm for weights that are a mean over steps (Izmailov et al. 2018, arXiv 1803.05407, section 3.2): those gathered on the way are of
 * other weights, so they are computed again, as plain means over minibatches.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/index.js';
import type { DifferentiableModel } from '../models/index.js';
import type { HostTensor, HostTensors, Tensors } from '../tensors/index.js';

/** Most minibatches that statistics are the mean of. */
export const STATISTICS_BATCHES = 100;

const [WEIGHT, SUM, KEPT, MASK] = ['weight:', 'sum:', 'kept:', 'mask:'];

/** A statistic so large that what a step keeps of it is seen beside the batch's own, in float32. */
const LARGE = 1e6;

/** Below it, a layer takes nothing of a batch. */
const SMALLEST_RATE = 1e-5;

/**
 * @param variables weights, and statistics that are replaced.
 * @param minibatch images and masks of dropout layers of the k-th.
 * @returns the variables with new statistics.
 */
export async function withStatistics(
  engine: Engine,
  model: DifferentiableModel,
  variables: HostTensors,
  count: number,
  minibatch: (k: number) => Promise<{ readonly images: HostTensor; readonly masks: HostTensors }>,
): Promise<HostTensors> {
  const names = Object.keys(variables).filter((name) => !model.trainable.includes(name));
  if (names.length === 0) return variables;
  const first = await minibatch(0);
  const filled = ({ shape, data }: HostTensor): HostTensor => ({ dtype: 'float32', shape, data: new Float32Array(data.length) });
  const each = (prefix: string, of: (value: HostTensor) => HostTensor) =>
    Object.fromEntries(names.map((name) => [prefix + name, of(variables[name]!)]));
  const { images } = first;
  const program = await engine.program({
    name: 'train.statistics',
    fingerprint: JSON.stringify([model.fingerprint, images.shape]),
    state: {
      ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [WEIGHT + name, value])),
      ...each(SUM, filled),
      ...each(KEPT, filled),
    },
    inputs: {
      images: { dtype: 'float32', shape: images.shape },
      ...Object.fromEntries(Object.entries(first.masks).map(([name, { shape }]) => [MASK + name, { dtype: 'float32', shape }] as const)),
    },
    fn(state, inputs) {
      const masks = Object.fromEntries(Object.keys(first.masks).map((name) => [name, inputs[MASK + name]!]));
      const updatesAt = (value: number) => {
        const given: Tensors = Object.fromEntries(
          Object.keys(variables).map((name) => {
            const tensor = state[WEIGHT + name]!;
            return [name, names.includes(name) ? tf.fill(tensor.shape, value) : tensor];
          }),
        );
        return model.applyTraining(given, inputs['images'] as tf.Tensor4D, masks).updates;
      };
      const [alone, kept] = [updatesAt(0), updatesAt(LARGE)];
      const next: Tensors = { ...state };
      for (const [name, update] of Object.entries(alone)) {
        next[SUM + name] = tf.add(state[SUM + name]!, update);
        // The rate of a batch's own statistics, which layers may have each of their own.
        next[KEPT + name] = tf.sub(1, tf.div(tf.sub(kept[name]!, update), LARGE));
      }
      return { state: next, outputs: { done: tf.scalar(1) } };
    },
  });
  try {
    for (let k = 0; k < count; k++) {
      const { images: x, masks } = k === 0 ? first : await minibatch(k);
      await program.step({ images: x, ...Object.fromEntries(Object.entries(masks).map(([name, mask]) => [MASK + name, mask])) });
    }
    const state = await program.readState();
    const renewed = names.map((name) => {
      const [sum, rate, before] = [state[SUM + name]!.data, state[KEPT + name]!.data, variables[name]!];
      const data = Float32Array.from(before.data, (value, p) => (rate[p]! > SMALLEST_RATE ? sum[p]! / count / rate[p]! : value));
      return [name, { ...before, data }] as const;
    });
    return { ...variables, ...Object.fromEntries(renewed) };
  } finally {
    await program.dispose();
  }
}
