/** Attacks on what layers inside a network output, and where those layers are. */
import { readFile } from 'node:fs/promises';
import type * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { averaged } from '../../src/compute/attacks/composite/eot.js';
import { featuresOf } from '../../src/compute/attacks/transfer/intermediate-level.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { compileWithModel, predict } from '../../src/compute/models/functions.js';
import type { DifferentiableModel } from '../../src/compute/models/types.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import { attackBatch } from './attack-fixtures.js';
import { mnistBaseline } from './mnist-baseline.js';

const { engine, dataset, model, close } = await mnistBaseline(8);
afterAll(close);

const COUNT = 8;
const EPSILON = 20 / 255;
const { images: levels, labels } = await dataset.read(0, COUNT);
const images: HostTensor = { dtype: 'float32', shape: [COUNT, 28, 28, 1], data: Float32Array.from(levels, (value) => value / 255) };
const batch = { engine, model, images, labels, cleanLogits: await predict(engine, model, images) };

async function features(of: DifferentiableModel, x: HostTensor): Promise<HostTensor> {
  const input = { dtype: 'float32', shape: x.shape.slice(1) } as const;
  const compiled = await compileWithModel(engine, of, 'features', { x: input }, (logits, { x: at }) => ({ y: logits(at as tf.Tensor4D) }));
  return (await compiled.run({ x }))['y']!;
}

/** How far each image moves the layer along the way that the guide moves it, in units of the guide's. */
function shares(original: HostTensor, guide: HostTensor, moved: HostTensor): number[] {
  const size = original.shape[1]!;
  return Array.from({ length: COUNT }, (_, i) => {
    let [along, whole] = [0, 0];
    for (let p = i * size; p < (i + 1) * size; p++) {
      const direction = guide.data[p]! - original.data[p]!;
      along += direction * (moved.data[p]! - original.data[p]!);
      whole += direction * direction;
    }
    return along / whole;
  });
}

describe('layers inside a network', () => {
  it('are those that nothing goes around, in their order', async () => {
    expect(model.inner?.names).toEqual(['conv1', 'pool1', 'conv2', 'pool2', 'flatten', 'hidden']);
    const residual = await buildArchitecture('resnet-20', { seed: 1 });
    const { names } = residual.inner!;
    expect(names).toContain('stage1_block1_relu2');
    // Inside a block, the shortcut goes around.
    expect(names.filter((name) => /_conv\d|_relu1/.test(name))).toEqual([]);
  });

  it('output what the rest of the network makes logits of', async () => {
    const hidden = await features(featuresOf(model, { layer: 5, depth: 0 }), images);
    const [kernel, bias] = [model.variables['logits/kernel']!, model.variables['logits/bias']!];
    const units = hidden.shape[1]!;
    for (let i = 0; i < COUNT; i++) {
      for (let c = 0; c < 10; c++) {
        let logit = bias.data[c]!;
        for (let u = 0; u < units; u++) logit += hidden.data[i * units + u]! * kernel.data[u * 10 + c]!;
        expect(logit).toBeCloseTo(batch.cleanLogits.data[i * 10 + c]!, 3);
      }
    }
  });

  it('of a mean over views are the mean of the layer', async () => {
    const still = averaged(model, { samples: 3, shift: 0, noise: 1e-6, seed: 1 });
    const [mean, plain] = [
      await features(featuresOf(still, { layer: 3, depth: 0 }), images),
      await features(featuresOf(model, { layer: 3, depth: 0 }), images),
    ];
    mean.data.forEach((value, p) => expect(value).toBeCloseTo(plain.data[p]!, 3));
  });

  it('that a model has not are refused with the names of those that it has, and models without any too', async () => {
    await expect(attackBatch(batch, 'ILA', { epsilon: EPSILON, layer: 6 })).rejects.toMatchObject({
      code: 'INVALID_ATTACK',
      path: ['layer'],
      message: 'layer is 6; the model has the layers 0 conv1, 1 pool1, 2 conv2, 3 pool2, 4 flatten, 5 hidden.',
    });
    const unknown = { ...batch, model: { ...model, inner: undefined } };
    await expect(attackBatch(unknown, 'ILA', { epsilon: EPSILON })).rejects.toMatchObject({
      code: 'UNSUPPORTED_OPERATION',
      path: ['kind'],
    });
  });
});

describe('ILA', () => {
  it.each(['PROJECTION', 'ANGLE_AND_LENGTH'])("makes the images of the authors' code, by %s", async (projection) => {
    const reference = JSON.parse(await readFile('tests/reference/ila.json', 'utf8')) as Record<string, string>;
    const expected = Buffer.from(reference[projection]!, 'base64');
    const { images: found, queries, gradients } = await attackBatch(batch, 'ILA', { epsilon: EPSILON, projection });
    const equal = [...expected].filter((level, p) => Math.abs(found.data[p]! * 255 - level) < 0.01).length;
    // A sign of a gradient near zero may differ by engine.
    expect(equal / expected.length).toBeGreaterThan(0.995);
    expect([queries[0], gradients[0]]).toEqual([22, 20]);
  });

  it('moves the layer further along than what it follows, and further the more steps it takes', async () => {
    const layer = featuresOf(model, { depth: 0.5, layer: undefined });
    const guide = await attackBatch(batch, 'MI_FGSM', { epsilon: EPSILON });
    const refined = async (refinements: number) => (await attackBatch(batch, 'ILA', { epsilon: EPSILON, refinements })).images;
    const at = (x: HostTensor) => features(layer, x);
    const [still, followed] = [await at(images), await at(guide.images)];
    const [few, many] = [shares(still, followed, await at(await refined(2))), shares(still, followed, await at(await refined(10)))];
    for (const [i, share] of many.entries()) {
      expect(share).toBeGreaterThan(1);
      expect(share).toBeGreaterThan(few[i]!);
    }
  });
});
