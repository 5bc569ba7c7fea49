/** Runs one tensor function on the engine under test, compiled by default, and on the tfjs `cpu` backend, and compares. */
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { expect } from 'vitest';
import { compile } from '../../src/compute/engine/compiled/compile.js';
import { inputName, outputName } from '../../src/compute/engine/compiled/boundary-names.js';
import type { Target } from '../../src/compute/engine/compiled/emitter.js';
import { blockSize as blockSizeHere } from '../../src/compute/engine/compiled/runtime/block-size.js';
import '../../src/compute/engine/compiled/fold.js';
import { computeOn, tf, toHosts, toTensors } from '../../src/compute/engine/tensorflow.js';
import type { DType, HostTensor, HostTensors, Tensors } from '../../src/compute/tensors/types.js';
import { BACKEND_UNDER_TEST } from '../test-backend.js';

export { tf };

export type TensorFunction = (inputs: Tensors) => Tensors;

const blockSize = await blockSizeHere();

/** What the tests of lowerings run on; scripts/with-swiftshader.sh sets it to `webgpu`. */
const provider = process.env['GAUNTLET_TEST_PROVIDER'] ?? 'cpu';

/** On `cpu` with the processor's blocked layout, and without. */
const targets: readonly Target[] =
  provider === 'cpu'
    ? [
        { provider, blockSize, threads: 1 },
        { provider, blockSize: 0, threads: 2 },
      ]
    : [{ provider, blockSize: 0, threads: 1 }];

/** Numbers in about [-1, 1] from a fixed sequence; every seventh repeats an earlier one, so that ties occur. */
export function floats(shape: readonly number[], seed = 1): HostTensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin((i % 7 === 6 ? i - 3 : i) * 12.9898 + seed * 78.233));
  return { dtype: 'float32', shape, data };
}

/** Small integers with many ties. */
export function integers(shape: readonly number[], below: number, dtype: DType = 'int32', seed = 1): HostTensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: size }, (_, i) => Math.floor(Math.abs(Math.sin(i * 12.9898 + seed)) * below));
  const data = dtype === 'float32' ? Float32Array.from(values) : dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
  return { dtype, shape, data };
}

export function runEager(fn: TensorFunction, inputs: HostTensors, backend = 'cpu'): HostTensors {
  return computeOn(backend, () => toHosts(fn(toTensors(inputs))));
}

export async function runCompiled(fn: TensorFunction, inputs: HostTensors, target: Target = targets[0]!): Promise<HostTensors> {
  const { bytes, outputs } = compile(inputs, fn, target);
  const session = await InferenceSession.create(bytes, {
    executionProviders: target.provider === 'cpu' ? ['cpu'] : [target.provider, 'cpu'],
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const feeds = Object.entries(inputs).map(
    ([name, { dtype, shape, data }]) => [inputName(name), new Tensor(dtype, data as Float32Array, shape)] as const,
  );
  const results = await session.run(Object.fromEntries(feeds.filter(([name]) => session.inputNames.includes(name))));
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dtype, shape }]) => {
      const result = results[outputName(name)]!;
      expect(result.dims).toEqual([...shape]);
      return [name, { dtype, shape, data: result.data as HostTensor['data'] }];
    }),
  );
}

interface Runner {
  readonly label: string;
  run(fn: TensorFunction, inputs: HostTensors): HostTensors | Promise<HostTensors>;
}

/** What the reference is compared with: the compiler for every target, or TensorFlow's kernels. */
const runners: readonly Runner[] =
  BACKEND_UNDER_TEST !== 'cpu'
    ? [{ label: BACKEND_UNDER_TEST, run: (fn, inputs) => runEager(fn, inputs, BACKEND_UNDER_TEST) }]
    : targets.map((target) => ({
        label: `${target.provider}, block size ${target.blockSize}`,
        run: (fn, inputs) => runCompiled(fn, inputs, target),
      }));

/** Checks that a function gives the same values on the engine under test, for every target of the compiler, as on the reference backend. */
export async function expectSame(fn: TensorFunction, inputs: HostTensors, tolerance = 1e-5): Promise<void> {
  const expected = runEager(fn, inputs);
  for (const { label, run } of runners) {
    const actual = await run(fn, inputs);
    for (const [name, value] of Object.entries(expected)) {
      const where = `${name}, ${label}`;
      expect(actual[name]!.shape, where).toEqual([...value.shape]);
      expect(actual[name]!.dtype, where).toBe(value.dtype);
      expectClose(actual[name]!.data, value.data, tolerance, where);
    }
  }
}

/** Largest difference within `tolerance` of the largest value (and of 1). */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, where = ''): void {
  expect(actual.length, where).toBe(expected.length);
  let scale = 1;
  let worst = 0;
  let at = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) continue;
    if (Number.isFinite(b)) scale = Math.max(scale, Math.abs(b));
    const difference = Math.abs(a - b);
    if (!(difference <= worst)) {
      worst = difference;
      at = i;
    }
  }
  expect(worst <= tolerance * scale, `${where}: ${actual[at]} should be ${expected[at]} at ${at} (scale ${scale})`).toBe(true);
}

/** `fn` of `x` and the gradient with respect to `x` of a weighted sum of its values. */
export function withGradient(fn: (x: tf.Tensor, inputs: Tensors) => tf.Tensor): TensorFunction {
  return (inputs) => {
    const weighted = (x: tf.Tensor) => {
      const y = fn(x, inputs);
      return tf.sum(tf.mul(y, tf.tensor(floats(y.shape, 5).data as Float32Array, y.shape)));
    };
    return { y: fn(inputs.x!, inputs), gradient: tf.grad(weighted)(inputs.x!) };
  };
}
