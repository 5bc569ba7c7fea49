/** A network of tfjs-layers beside what the reader makes of its topology. @module */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { layers, model, sequential, type LayersModel, type SymbolicTensor } from '../../tfjs-layers.js';
import { expect } from 'vitest';
import { DataflowNetwork } from '../../../src/compute/models/dataflow/network.js';
import { kerasLayers } from '../../../src/compute/models/keras/layers/index.js';
import { type KerasNetwork, readNetwork } from '../../../src/compute/models/keras/read.js';
import { readTopology } from '../../../src/compute/models/keras/topology.js';
import { DEFAULT_MODEL_LIMITS } from '../../../src/compute/models/types.js';
import { randomStream } from '../../../src/compute/random.js';

export type Layer = layers.Layer;
type Shape = number[];

/** Values of a seeded normal distribution. */
export function normal(shape: readonly number[], name: string): tf.Tensor {
  const stream = randomStream(7, name, 0);
  const size = shape.reduce((product, each) => product * each, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => stream.normal()),
    shape as Shape,
  );
}

export function stacked(inputShape: Shape, ...list: Layer[]): LayersModel {
  return sequential({ layers: [layers.inputLayer({ inputShape, name: 'image' }), ...list] });
}

export function functional(inputShape: Shape, build: (x: SymbolicTensor) => SymbolicTensor | SymbolicTensor[]): LayersModel {
  const input = layers.inputLayer({ inputShape, name: 'image' });
  const image = input.inboundNodes[0]!.outputTensors[0]!;
  return model({ inputs: image, outputs: build(image) });
}

interface Options {
  readonly training?: boolean;
  /** False for layers whose gradient TensorFlow.js lacks. */
  readonly gradient?: boolean;
  /** Makes the images from normal values. */
  readonly images?: (x: tf.Tensor) => tf.Tensor;
}

export function read(reference: LayersModel): { network: KerasNetwork; running: DataflowNetwork } {
  const network = readNetwork(readTopology(reference.toJSON(null, false) as Record<string, unknown>), Infinity, DEFAULT_MODEL_LIMITS);
  const { graph, trainable, inputShape, outputShape } = network;
  const input = { layout: 'AS_IS', shape: inputShape, batch: null } as const;
  const separated = { graph, variables: {}, trainable };
  return { network, running: new DataflowNetwork(separated, kerasLayers, input, { outputShape }, DEFAULT_MODEL_LIMITS.maximumLayerValues) };
}

/** Gives the reference random weights, and compares forward passes and gradients with respect to the images on 3 of them. */
export function expectSameNetwork(reference: LayersModel, { training = false, gradient = true, images = (x) => x }: Options = {}): void {
  tf.tidy(() => {
    const { network, running } = read(reference);
    expect(Object.keys(network.shapes)).toEqual(reference.weights.map(({ originalName }) => originalName));
    expect(Object.values(network.shapes)).toEqual(reference.weights.map(({ shape }) => shape));
    expect(network.trainable).toEqual(reference.trainableWeights.map(({ originalName }) => originalName));
    const values = Object.fromEntries(Object.entries(network.shapes).map(([name, shape]) => [name, weightOf(name, shape)]));
    for (const variable of reference.weights) variable.write(values[variable.originalName]!);

    const x = images(normal([3, ...(reference.inputs[0]!.shape.slice(1) as Shape)], 'images'));
    const theirs = (z: tf.Tensor) => reference.apply(z, { training }) as tf.Tensor;
    const ours = (z: tf.Tensor) =>
      training ? running.applyTraining(values, z as tf.Tensor4D).output : running.apply(values, z as tf.Tensor4D);
    const expected = theirs(x);
    const found = ours(x);
    expect(found.shape).toEqual(expected.shape);
    expect(network.outputShape).toEqual(expected.shape.slice(1));
    expectClose(found, expected);
    if (!gradient) return;
    const probe = normal(expected.shape, 'probe');
    const slope = (fn: (z: tf.Tensor) => tf.Tensor) => tf.grad((z: tf.Tensor) => tf.sum(tf.mul(fn(z), probe)))(x);
    expectClose(slope(ours), slope(theirs));
  });
  reference.dispose();
}

function weightOf(name: string, shape: readonly number[]): tf.Tensor {
  const values = tf.mul(normal(shape, name), 0.5);
  return name.endsWith('variance') ? tf.add(tf.abs(values), 0.1) : values;
}

/** To 1e-6 of the largest value. */
export function expectClose(found: tf.Tensor, expected: tf.Tensor): void {
  const [a, b] = [found, expected].map((tensor) => Array.from(tensor.dataSync())) as [number[], number[]];
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0);
  const difference = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
  expect(difference / largest).toBeLessThan(1e-6);
}
