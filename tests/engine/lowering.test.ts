/**
 * What TensorFlow's kernels refuse is lowered to what they take, without TensorFlow: on a backend that refuses the same and computes as the reference.
 * `npm run test:tensorflow` runs the engine's tests on its kernels.
 */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { lowerKernels } from '../../src/compute/engine/eager/tensorflow/lower.js';
import { expectClose, floats, integers, runEager, tf, type TensorFunction } from './helpers.js';
import type { HostTensors, Tensors } from '../../src/compute/tensors/types.js';

const STRICT = 'strict';
const MISSING: readonly string[] = [tf.DenseBincount];

/** As TensorFlow on a CPU, with the package around it. */
function refusal(kernelName: string, attributes: Record<string, unknown>, inputs: tf.NamedTensorInfoMap): string | undefined {
  const { pad, strides, dataFormat } = attributes;
  if (pad !== undefined && pad !== 'valid' && pad !== 'same') return "only 'valid' and 'same' padding";
  if (dataFormat === 'NCHW') return 'no strides in the batch and depth dimensions';
  if (kernelName.startsWith(tf.DepthwiseConv2dNative) && new Set([strides].flat()).size > 1) return 'only equal strides';
  if (kernelName === tf.Step && inputs['x']!.dtype !== 'float32') return 'no integers';
  return undefined;
}

tf.registerBackend(STRICT, () => new MathBackendCPU(), 0);
for (const kernel of tf.getKernelsForBackend('cpu')) {
  if (MISSING.includes(kernel.kernelName)) continue;
  tf.registerKernel({
    ...kernel,
    backendName: STRICT,
    kernelFunc(call) {
      const refused = refusal(kernel.kernelName, call.attrs ?? {}, call.inputs);
      if (refused) throw new Error(`${kernel.kernelName}: ${refused}`);
      // TensorFlow's quotient of floats is a float.
      const result = kernel.kernelFunc(call) as tf.TensorInfo;
      return kernel.kernelName === tf.FloorDiv ? { ...result, dtype: 'float32' } : result;
    },
  });
}

const conv = (x: tf.Tensor, filter: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 1);
const filters = (shape: number[]) => ({ x: floats([2, 7, 6, 4]), filter: floats(shape, 2) });

it('the backend of these tests refuses what TensorFlow does', () => {
  expect(() => runEager(({ x, filter }) => ({ y: conv(x!, filter!) }), filters([3, 3, 4, 5]), STRICT)).toThrow("only 'valid' and 'same'");
  expect(() =>
    runEager(({ x }) => ({ y: tf.denseBincount(x as tf.Tensor1D, tf.tensor1d([]), 4) }), { x: integers([6], 4) }, STRICT),
  ).toThrow('not registered');
});

describe('lowered to what TensorFlow takes, a kernel computes what it is to', () => {
  it('once it is lowered', () => {
    lowerKernels(STRICT);
    expectLowered(({ x, filter }) => ({ y: conv(x!, filter!) }), filters([3, 3, 4, 5]));
  });

  // Padding by one number goes with square windows: for others TensorFlow.js mistakes the size of what comes out.
  type Pad = tf.backend_util.ExplicitPadding | number | 'same' | 'valid';
  const explicit: Pad = [
    [0, 0],
    [1, 2],
    [0, 1],
    [0, 0],
  ];

  for (const [strides, pad, rounding] of [
    [1, explicit],
    [2, explicit],
    [2, 1],
    [2, explicit, 'ceil'],
    [[2, 3], 'same'],
    [[3, 1], 'valid'],
    [[1, 2], explicit],
    [[2, 1], explicit, 'floor'],
  ] as readonly [number | [number, number], Pad, ('ceil' | 'floor')?][]) {
    const name = `stride ${String(strides)}, padding ${String(pad)}${rounding ? `, rounded by ${rounding}` : ''}`;
    const forms: Record<string, [number[], (x: tf.Tensor, filter: tf.Tensor) => tf.Tensor]> = {
      'a convolution': [[3, 3, 4, 5], (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad, 'NHWC', 1, rounding)],
      'a depthwise convolution': [
        [3, 3, 4, 2],
        (x, filter) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad as 'same', 'NHWC', 1, rounding),
      ],
    };
    for (const [form, [shape, fn]] of Object.entries(forms)) {
      it(`${form} with ${name}, and its gradients`, () => expectLowered(withGradients(fn), filters(shape)));
    }
    it(`a maximum with ${name}, and its gradient`, () =>
      expectLowered(
        withGradients((x) => tf.maxPool(x as tf.Tensor4D, 3, strides, pad as 'same', rounding)),
        { x: floats([2, 7, 6, 4]) },
      ));
    it(`an average with ${name}`, () =>
      expectLowered(({ x }) => ({ y: tf.avgPool(x as tf.Tensor4D, 3, strides, pad as 'same', rounding) }), { x: floats([2, 7, 6, 4]) }));
  }

  it('a dilated convolution with padding', () => {
    const dilated = (fn: typeof tf.conv2d | typeof tf.depthwiseConv2d, x: tf.Tensor, filter: tf.Tensor) =>
      fn(x as tf.Tensor4D, filter as tf.Tensor4D, 1, explicit as never, 'NHWC', [2, 1]);
    expectLowered(({ x, filter }) => ({ y: dilated(tf.conv2d, x!, filter!) }), filters([3, 2, 4, 5]));
    expectLowered(({ x, filter }) => ({ y: dilated(tf.depthwiseConv2d, x!, filter!) }), filters([3, 2, 4, 2]));
  });

  it('a convolution of images whose channels come first, and its gradients', () =>
    expectLowered(
      withGradients((x, filter) =>
        tf.conv2d(
          x as tf.Tensor4D,
          filter as tf.Tensor4D,
          2,
          [
            [0, 0],
            [0, 0],
            [1, 2],
            [0, 1],
          ],
          'NCHW',
        ),
      ),
      { x: floats([2, 4, 7, 6]), filter: floats([3, 2, 4, 5], 2) },
    ));

  it('pooling of volumes with padding', () => {
    const inputs = { x: floats([1, 4, 5, 6, 2]) };
    expectLowered(
      withGradients((x) => tf.maxPool3d(x as tf.Tensor5D, 3, 2, 1)),
      inputs,
    );
    expectLowered(({ x }) => ({ y: tf.avgPool3d(x as tf.Tensor5D, 3, 2, 1) }), inputs);
  });

  // The reference's own gradient counts padding, and is that of no mean.
  it('an average over padded borders, with the gradient of its values', () => {
    const average = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 3, 1, 1);
    const { gradient } = runEager(({ x }) => ({ gradient: tf.grad((v) => tf.sum(average(v)))(x!) }), { x: floats([1, 4, 4, 2]) }, STRICT);
    // A corner is in four windows: its own of 4 pixels, two of 6 and one of 9.
    expectClose([gradient!.data[0]!], [1 / 4 + 2 / 6 + 1 / 9], 1e-5);
  });

  // The reference's own gradient is that of another resizing. Resizing is linear, so its gradient is its adjoint.
  it.each(['resizeBilinear', 'resizeNearestNeighbor'] as const)('%s by the centres of pixels, with its gradient', (name) => {
    const resized = (x: tf.Tensor) => tf.image[name](x as tf.Tensor4D, [7, 3], false, true);
    const inputs = { x: floats([2, 5, 4, 3]), weights: floats([2, 7, 3, 3], 2) };
    const { along, weighted, ...rest } = runEager(
      ({ x, weights }) => {
        const gradient = tf.grad((z) => tf.sum(tf.mul(resized(z), weights!)))(x!);
        return {
          y: resized(x!),
          along: tf.sum(tf.mul(gradient, tf.square(x!))),
          weighted: tf.sum(tf.mul(resized(tf.square(x!)), weights!)),
        };
      },
      inputs,
      STRICT,
    );
    expectClose(along!.data, weighted!.data, 1e-5);
    expectClose(rest['y']!.data, runEager(({ x }) => ({ y: resized(x!) }), inputs)['y']!.data, 1e-6);
  });

  it('quotients and steps of integers, and histograms, which TensorFlow.js does not have there', () => {
    expectLowered(({ x, y }) => ({ quotient: tf.floorDiv(x!, y!) }), { x: floats([6]), y: floats([6], 2) });
    expectLowered(({ x }) => ({ step: tf.step(x!), histogram: tf.denseBincount(x as tf.Tensor1D, tf.tensor1d([]), 4) }), {
      x: integers([6], 4),
    });
  });

  it('and leaves no tensor behind', () => {
    const kept = () => [tf.memory().numTensors, (tf.findBackend(STRICT) as MathBackendCPU).numDataIds()];
    const run = () => runEager(withGradients(conv), filters([3, 3, 4, 5]), STRICT);
    run();
    const before = kept();
    run();
    runEager(({ x }) => ({ y: tf.denseBincount(x as tf.Tensor1D, tf.tensor1d([]), 4) }), { x: integers([6], 4) }, STRICT);
    expect(kept()).toEqual(before);
  });
});

/** Values, and gradients of a weighted sum of them by all inputs. */
function withGradients(fn: (...inputs: [tf.Tensor, tf.Tensor]) => tf.Tensor): TensorFunction {
  return (inputs: Tensors) => {
    const values = Object.values(inputs) as [tf.Tensor, tf.Tensor];
    const weighted = (...given: tf.Tensor[]) => {
      const y = fn(...(given as [tf.Tensor, tf.Tensor]));
      return tf.sum(tf.mul(y, tf.tensor(floats(y.shape, 5).data as Float32Array, y.shape)));
    };
    const gradients = tf
      .grads(weighted)(values)
      .map((gradient, i) => [`gradient ${i}`, gradient] as const);
    return { y: fn(...values), ...Object.fromEntries(gradients) };
  };
}

function expectLowered(fn: TensorFunction, inputs: HostTensors): void {
  const [actual, expected] = [runEager(fn, inputs, STRICT), runEager(fn, inputs)];
  for (const [name, value] of Object.entries(expected)) {
    expect(actual[name]!.shape, name).toEqual([...value.shape]);
    expect(actual[name]!.dtype, name).toBe(value.dtype);
    expectClose(actual[name]!.data, value.data, 1e-5, name);
  }
}
