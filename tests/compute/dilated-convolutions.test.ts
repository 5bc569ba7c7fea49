/** Dilated convolutions, whose gradients TensorFlow.js lacks, in LayersModels and ONNX files. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '../tfjs-layers.js';
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/compute/models/load.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import { expectClose, expectSame, floats, runEager, type TensorFunction } from '../engine/helpers.js';
import { failure, refusal, temporaryDirectory, writeTfjsModel } from './fixtures.js';
import { floats as onnxFloats, writeOnnx } from './onnx-files.js';

const root = await temporaryDirectory();
const IMAGE: [number, number, number] = [8, 7, 3];
const RATE: [number, number] = [2, 3];
type Padding = 'same' | 'valid';

/** Layers, and what they compute by definition; tfjs-layers itself ignores the dilation of the second. */
const CASES = {
  conv2d: {
    layer: (padding: Padding, dilationRate = RATE) =>
      layers.conv2d({ name: 'conv', inputShape: IMAGE, kernelSize: 3, filters: 4, padding, dilationRate, useBias: false }),
    apply: (x: tf.Tensor4D, padding: Padding, w: Record<string, tf.Tensor>) =>
      tf.conv2d(x, w['conv/kernel'] as tf.Tensor4D, 1, padding, 'NHWC', RATE),
  },
  depthwiseConv2d: {
    layer: (padding: Padding) =>
      layers.depthwiseConv2d({
        name: 'conv',
        inputShape: IMAGE,
        kernelSize: 3,
        depthMultiplier: 2,
        padding,
        dilationRate: RATE,
        useBias: false,
      }),
    apply: (x: tf.Tensor4D, padding: Padding, w: Record<string, tf.Tensor>) =>
      tf.depthwiseConv2d(x, w['conv/depthwise_kernel'] as tf.Tensor4D, 1, padding, 'NHWC', RATE),
  },
  separableConv2d: {
    layer: (padding: Padding) =>
      layers.separableConv2d({ name: 'conv', inputShape: IMAGE, kernelSize: 3, filters: 5, padding, dilationRate: RATE, useBias: false }),
    apply: (x: tf.Tensor4D, padding: Padding, w: Record<string, tf.Tensor>) =>
      tf.separableConv2d(x, w['conv/depthwise_kernel'] as tf.Tensor4D, w['conv/pointwise_kernel'] as tf.Tensor4D, 1, padding, RATE),
  },
};

/** Scores of `x` with weights given by name, and the gradients of a weighted sum of them. */
function withGradients(model: DifferentiableModel): TensorFunction {
  return (inputs) => {
    const names = Object.keys(inputs);
    const scores = (values: Record<string, tf.Tensor>) => model.apply(values, values['x'] as tf.Tensor4D);
    const loss = (...values: tf.Tensor[]) => {
      const y = scores(Object.fromEntries(names.map((name, i) => [name, values[i]!])));
      return tf.sum(tf.mul(y, tf.tensor(floats(y.shape, 5).data as Float32Array, y.shape)));
    };
    const values = names.map((name) => inputs[name]!);
    const gradients = tf.grads(loss)(values);
    return { scores: scores(inputs), loss: loss(...values), ...Object.fromEntries(names.map((name, i) => [`d ${name}`, gradients[i]!])) };
  };
}

/** Checks gradients against the reference backend's, and those against central differences along them. */
async function expectGradients(model: DifferentiableModel): Promise<void> {
  const weights = Object.entries(model.variables).map(([name, { shape }], i) => [name, floats(shape, i + 2)] as const);
  const inputs = { x: floats([2, ...model.spec.inputShape], 1), ...Object.fromEntries(weights) };
  const fn = withGradients(model);
  await expectSame(fn, inputs);
  const results = runEager(fn, inputs);
  for (const [name, input] of Object.entries(inputs)) {
    const gradient = results[`d ${name}`]!.data as Float32Array;
    const length = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    const at = (step: number) => {
      const data = Float32Array.from(input.data, (value, i) => value + (step * gradient[i]!) / length);
      return runEager(fn, { ...inputs, [name]: { ...input, data } })['loss']!.data[0]!;
    };
    const step = 1e-2;
    expectClose([(at(step) - at(-step)) / (2 * step) / length], [1], 2e-3, name);
  }
}

describe.each(Object.entries(CASES))('a %s of a LayersModel', (kind, { layer, apply }) => {
  it.each<Padding>(['same', 'valid'])('with padding %s computes its definition and has its gradient', async (padding) => {
    const directory = join(root, `${kind}-${padding}`);
    await writeTfjsModel(directory, () =>
      sequential({
        layers: [
          layer(padding),
          layers.activation({ activation: 'tanh' }),
          layers.globalAveragePooling2d({}),
          layers.dense({ name: 'dense', units: 4 }),
        ],
      }),
    );
    const model = await loadModel({ directory });
    const x = floats([2, ...IMAGE]);
    const found = runEager((inputs) => ({ y: model.apply(inputs, inputs['x'] as tf.Tensor4D) }), { x, ...model.variables });
    const expected = runEager(
      (inputs) => {
        const y = tf.mean(tf.tanh(apply(inputs['x'] as tf.Tensor4D, padding, inputs)), [1, 2]);
        return { y: tf.add(tf.matMul(y as tf.Tensor2D, inputs['dense/kernel'] as tf.Tensor2D), inputs['dense/bias']!) };
      },
      { x, ...model.variables },
    );
    expectClose(found['y']!.data, expected['y']!.data, 1e-5);
    await expectGradients(model);
  });
});

it('a filter that zeros would make too large is refused', async () => {
  const directory = join(root, 'huge');
  await writeTfjsModel(directory, () =>
    sequential({ layers: [CASES.conv2d.layer('same', [1e4, 1e4]), layers.globalAveragePooling2d({}), layers.dense({ units: 4 })] }),
  );
  expect(await failure(loadModel({ directory }))).toMatchObject(refusal('LIMIT_EXCEEDED', /Layer conv has a dilated filter of \d+ values/));
});

it.each([
  ['dense', 1, [4, 3, 3, 3]],
  ['grouped', 3, [6, 1, 3, 3]],
] as const)('a %s convolution of an ONNX file is as in onnxruntime, and has its gradient', async (name, group, shape) => {
  const kernel = onnxFloats(shape, Array.from(floats(shape, 3).data));
  const directory = await writeOnnx(join(root, name), {
    input: ['n', 3, 8, 7],
    nodes: [
      { op: 'Conv', inputs: ['image', 'w'], outputs: ['y'], attributes: { dilations: [2, 1], strides: [2, 1], pads: [1, 2, 2, 0], group } },
      { op: 'Tanh', inputs: ['y'], outputs: ['z'] },
      { op: 'GlobalAveragePool', inputs: ['z'], outputs: ['mean'] },
      { op: 'Flatten', inputs: ['mean'], outputs: ['scores'] },
    ],
    weights: { w: kernel },
  });
  const model = await loadModel({ directory });
  await expectGradients(model);
  const x = floats([2, ...IMAGE]);
  const { y, chw } = runEager(
    (inputs) => ({ y: model.apply(inputs, inputs['x'] as tf.Tensor4D), chw: tf.transpose(inputs['x']!, [0, 3, 1, 2]) }),
    { x, ...model.variables },
  );
  const session = await InferenceSession.create(join(directory, 'model.onnx'));
  const { scores } = await session.run({ image: new Tensor('float32', chw!.data as Float32Array, [2, 3, 8, 7]) });
  expectClose(y!.data, scores!.data as Float32Array, 1e-5);
  await session.release();
});
