import { beforeAll, describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../src/compute/parameters/descriptions.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { argmaxRows } from '../../src/compute/tensors/scores.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import * as tf from '@tensorflow/tfjs-core';
import { kernelWeights } from '../../src/compute/attacks/transfer/translation.js';
import { toTensors } from '../../src/compute/engine/tensorflow.js';
import { attackBatch, part, storedNoise, type Batch } from './attack-fixtures.js';

let batch: Batch;

beforeAll(async () => {
  const engine = await createEngine({ engine: 'eager:cpu' });
  const model = await buildArchitecture('mlp', { seed: 4, inputShape: [5, 5, 1] });
  const images = storedNoise(8, [5, 5, 1]);
  const cleanLogits = await predict(engine, model, images);
  batch = { engine, model, images, cleanLogits, labels: argmaxRows(cleanLogits) };
});

const run = async (kind: string, given: ParameterValues = {}) => attackBatch(batch, kind, { epsilon: 0.1, steps: 4, ...given });
const images = async (kind: string, given: ParameterValues = {}) => (await run(kind, given)).images.data;

describe('momentum attacks with neutral parameters', () => {
  it('equal iterated sign steps', async () => {
    const plain = await attackBatch(batch, 'ITER_BASIC', { epsilon: 0.1, alpha: 0.1 / 4, steps: 4 });
    for (const [kind, given] of [
      ['MI_FGSM', { decay: 0 }],
      ['NI_FGSM', { decay: 0 }],
      ['DI_FGSM', { probability: 0 }],
      ['TI_FGSM', { radius: 0 }],
      ['SI_NI_FGSM', { decay: 0, copies: 1 }],
      ['VMI_FGSM', { decay: 0, beta: 0 }],
    ] as [string, ParameterValues][]) {
      const data = await images(kind, given);
      const apart = plain.images.data.filter((value, at) => Math.abs(value - data[at]!) > 1e-5).length;
      expect(apart, kind).toBe(0);
    }
  });

  it('with one step equal FGSM', async () => {
    const fgsm = (await attackBatch(batch, 'FGSM', { epsilon: 0.1 })).images.data;
    for (const kind of ['MI_FGSM', 'NI_FGSM']) expect(await images(kind, { steps: 1 })).toEqual(fgsm);
  });
});

describe('the distinctive part of each momentum attack', () => {
  it('changes the images', async () => {
    const momentum = await images('MI_FGSM');
    const plain = await images('MI_FGSM', { decay: 0 });
    expect(momentum).not.toEqual(plain);
    expect(await images('NI_FGSM')).not.toEqual(momentum);
    expect(await images('VMI_FGSM')).not.toEqual(momentum);
    expect(await images('SI_NI_FGSM')).not.toEqual(await images('NI_FGSM'));
    expect(await images('DI_FGSM', { probability: 1, smallest: 0.5 })).not.toEqual(plain);
    expect(await images('TI_FGSM', { radius: 1 })).not.toEqual(plain);
  });

  it('has its passes counted', async () => {
    expect((await run('MI_FGSM')).gradients[0]).toBe(4);
    expect((await run('SI_NI_FGSM')).gradients[0]).toBe(4 * 5);
    expect((await run('VMI_FGSM')).queries[0]).toBe(4 * 21);
  });
});

describe('the combined transfer attack', () => {
  it('with one part equals the attack of that name to the bit', async () => {
    const settings: [kind: string, own: ParameterValues, combined: ParameterValues][] = [
      ['MI_FGSM', {}, {}],
      ['NI_FGSM', {}, { nesterov: true }],
      ['DI_FGSM', { smallest: 0.5 }, { decay: 0, probability: 0.5, smallest: 0.5 }],
      ['TI_FGSM', { radius: 1 }, { decay: 0, kernel: 'GAUSSIAN', radius: 1 }],
      ['SI_NI_FGSM', {}, { nesterov: true, copies: 5 }],
      ['VMI_FGSM', { neighbours: 3 }, { neighbours: 3 }],
    ];
    for (const [kind, own, combined] of settings) expect(await images('TRANSFER_FGSM', combined), kind).toEqual(await images(kind, own));
  });

  it('follows the gradient of the published algorithm: scaled copies ahead of the image, smoothed, with momentum', async () => {
    const { model, labels } = batch;
    const [epsilon, steps, copies, decay] = [0.1, 4, 2, 0.7];
    const reference = tf.tidy(() => {
      const weights = toTensors(model.variables);
      const original = tf.tensor4d(Float32Array.from(batch.images.data), [8, 5, 5, 1]);
      const line = [...kernelWeights('GAUSSIAN', 2, 3)];
      const kernel = tf.reshape<tf.Rank.R4>(tf.outerProduct(tf.tensor1d(line), tf.tensor1d(line)), [5, 5, 1, 1]);
      const truth = tf.oneHot(tf.tensor1d(labels, 'int32'), 10);
      let x = original;
      let gathered: tf.Tensor4D = tf.zerosLike(original);
      for (let step = 0; step < steps; step++) {
        const ahead = tf.add<tf.Tensor4D>(x, tf.mul((epsilon / steps) * decay, gathered));
        let sum: tf.Tensor4D = tf.zerosLike(original);
        for (let copy = 0; copy < copies; copy++) {
          const loss = (at: tf.Tensor) => {
            const logits = model.apply(weights, tf.div<tf.Tensor4D>(at, 2 ** copy));
            return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), truth)));
          };
          sum = tf.add<tf.Tensor4D>(sum, tf.grad(loss)(ahead));
        }
        const smoothed = tf.conv2d(sum, kernel, 1, 'same');
        gathered = tf.add(tf.mul(decay, gathered), tf.div(smoothed, tf.mean(tf.abs(smoothed), [1, 2, 3], true)));
        const moved = tf.add(x, tf.mul(epsilon / steps, tf.sign(gathered)));
        const within = tf.minimum<tf.Tensor4D>(tf.maximum(moved, tf.sub(original, epsilon)), tf.add(original, epsilon));
        x = tf.clipByValue<tf.Tensor4D>(within, 0, 1);
      }
      return x.dataSync();
    });
    // Not to the pixel: the cross-entropy's sum weighs copies by how unsure the network is of each, that of the log odds does not.
    const made = await images('TRANSFER_FGSM', { epsilon, steps, decay, copies, nesterov: true, kernel: 'GAUSSIAN', radius: 2 });
    const apart = made.filter((value, p) => Math.abs(value - reference[p]!) > 1e-4).length / made.length;
    expect(apart).toBeLessThan(0.05);
    const plain = await images('MI_FGSM', { epsilon, steps, decay });
    expect(plain.filter((value, p) => Math.abs(value - reference[p]!) > 1e-4).length / made.length).toBeGreaterThan(0.1);
  });

  const all = { nesterov: true, probability: 0.7, smallest: 0.6, kernel: 'LINEAR', radius: 1, copies: 2, neighbours: 3 };

  it('with all parts differs from each part, counts its passes, and gives an example the same image in any batch', async () => {
    const whole = await run('TRANSFER_FGSM', all);
    for (const without of [{ nesterov: false }, { probability: 0 }, { kernel: 'NONE' }, { copies: 1 }, { neighbours: 0 }]) {
      expect(await images('TRANSFER_FGSM', { ...all, ...without }), JSON.stringify(without)).not.toEqual(whole.images.data);
    }
    expect([whole.queries[0], whole.gradients[0]]).toEqual([4 * 2 * 4, 4 * 2 * 4]);
    const half = await attackBatch(part(batch, 4, 8), 'TRANSFER_FGSM', { epsilon: 0.1, steps: 4, ...all }, { offset: 4 });
    expect(half.images.data).toEqual(whole.images.data.slice(4 * 25));
  });

  it('takes steps of the size that it is given', async () => {
    const small = await images('MI_FGSM', { steps: 1, alpha: 0.01 });
    expect(Math.max(...small.map((value, p) => Math.abs(value - batch.images.data[p]!)))).toBeCloseTo(0.01, 6);
  });
});

describe('the kernel of TI-FGSM', () => {
  it('is that of the authors: a normal density over three deviations each way, a constant, or a triangle', () => {
    // numpy.linspace(-3, 3, 15), as in the authors' code.
    const density = Array.from({ length: 15 }, (_, i) => Math.exp(-((-3 + (6 * i) / 14) ** 2) / 2));
    const triangle = Array.from({ length: 15 }, (_, i) => 1 - Math.abs(i - 7) / 8);
    const normalised = (weights: number[]) => weights.map((weight) => weight / weights.reduce((a, b) => a + b));
    for (const [kernel, expected] of [
      ['GAUSSIAN', density],
      ['UNIFORM', Array<number>(15).fill(1)],
      ['LINEAR', triangle],
    ] as const) {
      for (const [i, weight] of normalised([...expected]).entries()) expect(kernelWeights(kernel, 7, 3)[i], kernel).toBeCloseTo(weight, 12);
    }
  });

  it('is by default as wide as suits the images, and at least five pixels', async () => {
    expect(await images('TI_FGSM')).toEqual(await images('TI_FGSM', { radius: 2 }));
    expect(await images('TI_FGSM', { kernel: 'UNIFORM' })).not.toEqual(await images('TI_FGSM'));
  });
});
