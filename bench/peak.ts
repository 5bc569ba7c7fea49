/** The speed of large matrix products on this machine: what shares are shares of. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunctionSpec, Engine, HostTensor, ProgramSpec } from '../src/compute/engine/index.js';

const SIZE = 768;
const REPEATS = 4;
const FLOPS = REPEATS * 2 * SIZE ** 3;

/** Work of a known number of floating-point operations. */
export interface Products {
  readonly flops: number;
  run(): Promise<unknown>;
}

const filled = (shape: readonly number[]): HostTensor => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1e-3),
});

function chain(x: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  for (let i = 0; i < REPEATS; i++) x = tf.matMul(x as tf.Tensor2D, weights as tf.Tensor2D);
  return x;
}

const inSessions: BatchedFunctionSpec = {
  name: 'bench.peak',
  fingerprint: '1',
  inputs: { x: { dtype: 'float32', shape: [SIZE, SIZE] } },
  fn: ({ x }) => {
    const y = chain(tf.reshape(x!, [-1, SIZE]), tf.fill([SIZE, SIZE], 1e-3));
    return { y: tf.sum(tf.reshape(y, [-1, SIZE, SIZE]), [1, 2]) };
  },
};

/** In one session a thread, as attacks run. */
export async function productsInSessions(engine: Engine): Promise<Products> {
  const n = 2 * engine.description.threads;
  const batched = await engine.batched(inSessions);
  const x = filled([n, SIZE, SIZE]);
  return { flops: n * FLOPS, run: () => batched.run({ x }) };
}

const inOneSession: ProgramSpec = {
  name: 'bench.peak',
  fingerprint: '1',
  state: { weights: filled([SIZE, SIZE]) },
  inputs: { x: { dtype: 'float32', shape: [SIZE, SIZE] } },
  fn: (state, { x }) => ({ state, outputs: { y: tf.sum(chain(x!, state['weights']!)) } }),
};

/** In one session on all threads, as training runs. */
export async function productsInOneSession(engine: Engine): Promise<Products & { dispose(): Promise<void> }> {
  const program = await engine.program(inOneSession);
  const x = filled([SIZE, SIZE]);
  return { flops: FLOPS, run: () => program.step({ x }), dispose: () => program.dispose() };
}
