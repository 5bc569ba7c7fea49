/** A small convolution's gradient, compared with the reference: what an engine must get right to be chosen. @module */
import { createEagerEngine } from './eager/engine.js';
import { tf } from './tensorflow.js';
import type { BatchedFunctionSpec, Engine } from './types.js';
import type { HostTensors } from '../tensors/index.js';

const SIZE = 6;
const CHANNELS = 16;

/** Numbers in [-1, 1] that follow no pattern a kernel could hide behind. */
function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin((i + 1) * (seed + 12.9898)));
}

const probe: BatchedFunctionSpec = {
  name: 'engine.self-test',
  fingerprint: '1',
  inputs: { x: { dtype: 'float32', shape: [SIZE, SIZE, CHANNELS] } },
  fn: ({ x }) => {
    const filter = tf.tensor4d(numbers(9 * CHANNELS * CHANNELS, 1), [3, 3, CHANNELS, CHANNELS]);
    const loss = (image: tf.Tensor) => {
      const y = tf.relu(tf.conv2d(image as tf.Tensor4D, filter, 1, 'same'));
      return tf.sum(tf.square(tf.maxPool(tf.conv2d(y, filter, 2, 'same'), 3, 1, 'valid')));
    };
    return { gradient: tf.grad(loss)(x!) };
  },
};

/** Throws an error that says by how much an engine is off. */
export async function passesSelfTest(engine: Engine): Promise<void> {
  const inputs: HostTensors = { x: { dtype: 'float32', shape: [3, SIZE, SIZE, CHANNELS], data: numbers(3 * SIZE * SIZE * CHANNELS, 2) } };
  const reference = await createEagerEngine('eager:cpu');
  const [actual, expected] = await Promise.all(
    [engine, reference].map(async (e) => (await (await e.batched(probe)).run(inputs)).gradient!.data as Float32Array),
  );
  const largest = expected!.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  const error = expected!.reduce((max, v, i) => Math.max(max, Math.abs(v - actual![i]!)), 0);
  if (!(error <= 1e-4 * largest)) throw new Error(`a convolution's gradient is off by ${error} of ${largest}.`);
}
