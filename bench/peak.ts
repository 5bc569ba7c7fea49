/** The speed of large matrix products on this machine: what shares are shares of. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchedFunctionSpec, Engine, HostTensor, ProgramSpec } from '../src/compute/index.js';

const REPEATS = 4;

const flopsOf = (size: number) => REPEATS * 2 * size ** 3;

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

const inSessions = (size: number): BatchedFunctionSpec => ({
  name: 'bench.peak',
  fingerprint: '1',
  inputs: { x: { dtype: 'float32', shape: [size, size] } },
  fn: ({ x }) => {
    const y = chain(tf.reshape(x!, [-1, size]), tf.fill([size, size], 1e-3));
    return { y: tf.sum(tf.reshape(y, [-1, size, size]), [1, 2]) };
  },
});

/** In one session a thread, as attacks run. @param size rows and columns of the matrices. */
export async function productsInSessions(engine: Engine, size: number): Promise<Products> {
  const n = 2 * engine.description.threads;
  const batched = await engine.batched(inSessions(size));
  const x = filled([n, size, size]);
  return { flops: n * flopsOf(size), run: () => batched.run({ x }) };
}

const inOneSession = (size: number): ProgramSpec => ({
  name: 'bench.peak',
  fingerprint: '1',
  state: { weights: filled([size, size]) },
  inputs: { x: { dtype: 'float32', shape: [size, size] } },
  fn: (state, { x }) => ({ state, outputs: { y: tf.sum(chain(x!, state['weights']!)) } }),
});

/** In one session on all threads, as training runs. */
export async function productsInOneSession(engine: Engine, size: number): Promise<Products & { dispose(): Promise<void> }> {
  const program = await engine.program(inOneSession(size));
  const x = filled([size, size]);
  return { flops: flopsOf(size), run: () => program.step({ x }), dispose: () => program.dispose() };
}
