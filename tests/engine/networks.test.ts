/** Families of networks, whole and small: scores, input gradients and training steps are those of the reference. */
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { computeOn, toTensors } from '../../src/compute/engine/tensorflow.js';
import type { BatchedFunctionSpec, Engine, ProgramSpec } from '../../src/compute/engine/types.js';
import type { HostTensor, HostTensors, Tensors } from '../../src/compute/tensors/types.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { noise } from '../compute/fixtures.js';
import { integers, tf } from './helpers.js';
import { Builder, convolutional, networks, type Network } from './networks/index.js';
import { everyNth, sized } from '../sizes.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';

/** Of the largest value. Float32 sums in another order differ by about 1e-6 a layer. */
const TOLERANCE = 1e-4;
const BATCH = 2;
const CLASSES = 10;

const compiled = await createEngine({ engine: ENGINE_UNDER_TEST, microBatch: BATCH });
const eager = await createEngine({ engine: 'eager:cpu' });
afterAll(() => Promise.all([compiled.dispose(), eager.dispose()]));

const largestOf = ({ data }: HostTensor) => Array.from(data).reduce((max, value) => Math.max(max, Math.abs(value)), 0);

/** @param floor what errors are compared with where all values are smaller, as gradients are that are zero but for rounding. */
function expectSameValues(actual: HostTensor, expected: HostTensor, what: string, floor = 0): void {
  const scale = Math.max(floor, largestOf(expected));
  const error = largestOf(difference(actual, expected));
  expect(scale, `${what} vanish`).toBeGreaterThan(1e-6);
  expect(error / scale, `${what}, largest error of ${scale}`).toBeLessThanOrEqual(TOLERANCE);
}

function difference(a: HostTensor, b: HostTensor): HostTensor {
  return { ...a, data: Float32Array.from(a.data, (value, i) => value - b.data[i]!) };
}

function crossEntropy(scores: tf.Tensor, label: tf.Tensor): tf.Scalar {
  return tf.neg(tf.sum(tf.mul(tf.oneHot(label as tf.Tensor1D, CLASSES), tf.logSoftmax(scores))));
}

/** Scores, and what an attack needs: the gradient of the loss by the image. */
function attackOf(name: string, shape: readonly number[], scoresOf: (x: tf.Tensor4D) => tf.Tensor): BatchedFunctionSpec {
  return {
    name: `test.network.${name}`,
    fingerprint: '1',
    inputs: { x: { dtype: 'float32', shape }, label: { dtype: 'int32', shape: [] } },
    fn: ({ x, label }) => ({
      scores: scoresOf(x as tf.Tensor4D),
      gradient: tf.grad((image) => crossEntropy(scoresOf(image as tf.Tensor4D), label!))(x!),
    }),
  };
}

async function expectSameAttack(spec: BatchedFunctionSpec, reference = spec): Promise<void> {
  const inputs = { x: noise(BATCH, spec.inputs['x']!.shape), label: integers([BATCH], CLASSES) };
  const actual = await (await compiled.batched(spec)).run(inputs);
  const expected = await (await eager.batched(reference)).run(inputs);
  expectSameValues(actual['scores']!, expected['scores']!, 'scores');
  expectSameValues(actual['gradient']!, expected['gradient']!, 'gradients');
}

describe('the compiled engine has the scores and input gradients of the reference', () => {
  it.each(everyNth(4, Object.entries(networks)))('for %s', async (name, { network, reference = network, size = 32 }) => {
    const spec = (of: Network) => attackOf(name, [size, size, 3], (x) => of(new Builder(), x));
    await expectSameAttack(spec(network), spec(reference));
  });

  // As tfjs-layers calls tfjs, through the model's own preprocessing and batch norm, on images small enough for the reference.
  it.each([
    ['mlp', [28, 28, 1]],
    ['mnist-small-cnn', [28, 28, 1]],
    ['resnet-20', [12, 12, 3]],
    ['mobilenet-v2', [32, 32, 3]],
  ] as const)('for the built-in architecture %s', async (name, inputShape) => {
    const model = await buildArchitecture(name, { seed: 1, classCount: CLASSES, inputShape, width: sized(0.25, 1) });
    await expectSameAttack(attackOf(name, inputShape, (x) => model.apply(toTensors(model.variables), x)));
  });
});

/** A step of gradient descent of size 1, so that rounding of the weights is small beside it; batch norm on the batch's statistics. */
function trainingOf(name: string, network: Network, size: number): ProgramSpec {
  const weights = computeOn('cpu', () => weightsOf(network, size));
  const names = Object.keys(weights);
  return {
    name: `test.train.${name}`,
    fingerprint: '1',
    state: weights,
    inputs: { x: { dtype: 'float32', shape: [BATCH, size, size, 3] }, label: { dtype: 'int32', shape: [BATCH] } },
    fn(state, { x, label }) {
      const loss = (...values: tf.Tensor[]) => {
        const given = Object.fromEntries(names.map((key, i) => [key, values[i]!]));
        return crossEntropy(network(new Builder(given, true), x as tf.Tensor4D), label!);
      };
      const { value, grads } = tf.valueAndGrads(loss)(names.map((key) => state[key]!));
      const next: Tensors = Object.fromEntries(names.map((key, i) => [key, tf.sub(state[key]!, grads[i]!)]));
      return { state: next, outputs: { loss: value } };
    },
  };
}

function weightsOf(network: Network, size: number): HostTensors {
  const builder = new Builder();
  network(builder, tf.zeros([1, size, size, 3]));
  return builder.weights;
}

describe('the compiled engine makes the training steps of the reference', () => {
  it.each(everyNth(4, ['MobileNet v2', 'ResNet for ImageNet', 'EfficientNet', 'DenseNet']))('for %s', async (name) => {
    const { network } = convolutional[name]!;
    const spec = trainingOf(name, network, 32);
    const inputs = { x: noise(BATCH, [32, 32, 3]), label: integers([BATCH], CLASSES) };
    const train = async (engine: Engine) => {
      const program = await engine.program(spec);
      const { loss } = await program.step(inputs);
      const state = await program.readState();
      await program.dispose();
      return { loss: loss!, state };
    };
    const [actual, expected] = [await train(compiled), await train(eager)];
    expectSameValues(actual.loss, expected.loss, 'losses');
    const changes = ({ state }: { state: HostTensors }) =>
      Object.entries(spec.state).map(([key, before]) => [key, difference(state[key]!, before)] as const);
    const reference = new Map(changes(expected));
    const floor = 1e-2 * Math.max(...[...reference.values()].map(largestOf));
    for (const [key, change] of changes(actual)) expectSameValues(change, reference.get(key)!, `changes of ${key}`, floor);
  });
});
