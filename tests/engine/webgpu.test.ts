import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { expectClose, floats, integers, tf } from './helpers.js';
import type { BatchedFunctionSpec, Engine } from '../../src/compute/engine/types.js';
import type { HostTensors } from '../../src/compute/tensors/types.js';

// A Vulkan driver in software, which Debian's chromium brings: slow, but it is the GPU path. `npm run test:webgpu` installs it.
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

const weights = (shape: number[], seed: number) => tf.mul(tf.tensor(floats(shape, seed).data as Float32Array, shape), 0.3);
const conv = (x: tf.Tensor, cout: number, seed: number, stride = 1) =>
  tf.conv2d(x as tf.Tensor4D, weights([3, 3, x.shape[3]!, cout], seed) as tf.Tensor4D, stride, 'same');

const networks: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  'residual block': (x) => {
    const stem = tf.relu(conv(x, 16, 1));
    const y = tf.relu(tf.add(conv(tf.relu(conv(stem, 16, 2)), 16, 3), stem));
    return tf.matMul(tf.mean(tf.relu(conv(y, 32, 4, 2)), [1, 2]) as tf.Tensor2D, weights([32, 10], 5) as tf.Tensor2D);
  },
  'depthwise block with ReLU6': (x) => {
    const wide = tf.relu6(conv(x, 32, 1));
    return tf.mean(tf.relu6(tf.depthwiseConv2d(wide as tf.Tensor4D, weights([3, 3, 32, 1], 2) as tf.Tensor4D, 2, 'same')), [1, 2]);
  },
  'pooling and dense layers': (x) => {
    const pooled = tf.maxPool(tf.relu(conv(x, 16, 1)) as tf.Tensor4D, 2, 2, 'valid');
    return tf.matMul(tf.reshape(tf.maxPool(pooled, 3, 1, 'valid'), [x.shape[0]!, -1]), weights([64, 10], 2));
  },
};

/** One step of a signed-gradient attack, without the sign, which rounding could turn. */
const specOf = (name: string): BatchedFunctionSpec => ({
  name: `webgpu.${name}`,
  fingerprint: '1',
  inputs: { x: { dtype: 'float32', shape: [8, 8, 3] }, label: { dtype: 'int32', shape: [] } },
  fn: ({ x, label }) => {
    const loss = (image: tf.Tensor) => {
      const scores = tf.logSoftmax(networks[name]!(image));
      return tf.neg(tf.sum(tf.mul(tf.oneHot(label as tf.Tensor1D, scores.shape[1]!), scores)));
    };
    return { gradient: tf.grad(loss)(x!), scores: networks[name]!(x!) };
  },
});

if (existsSync(SWIFTSHADER)) process.env['VK_ICD_FILENAMES'] ??= SWIFTSHADER;
const gpu = await createEngine({ engine: 'compiled:webgpu', microBatch: 3 }).catch((error: Error) => error);
const isMissing = gpu instanceof Error;
// `npm run test:webgpu` has made sure that there is an adapter; elsewhere none is needed.
if (isMissing && process.env['GAUNTLET_TEST_PROVIDER'] === 'webgpu') throw gpu;

describe.skipIf(isMissing)(`compiled:webgpu${isMissing ? `, skipped: ${gpu.message}` : ''}`, () => {
  const engine = gpu as Engine;
  let reference: Engine;

  beforeAll(async () => {
    reference = await createEngine({ engine: 'eager:cpu' });
  });

  afterAll(() => Promise.all([engine.dispose(), reference.dispose()]));

  for (const name of Object.keys(networks)) {
    it(`${name}: values and gradient as on the reference`, async () => {
      const inputs: HostTensors = { x: floats([5, 8, 8, 3]), label: integers([5], 10) };
      const [actual, expected] = await Promise.all([engine, reference].map(async (each) => (await each.batched(specOf(name))).run(inputs)));
      for (const [key, value] of Object.entries(expected!)) expectClose(actual![key]!.data, value.data, 1e-4, key);
    });
  }
});
