import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { afterAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/compute/models/load.js';
import { createEngine } from '../../src/compute/engine/create-engine.js';
import { buildArchitecture } from '../../src/compute/models/architectures/registry.js';
import { predict } from '../../src/compute/models/functions.js';
import { onnxFile } from '../../src/compute/models/save-onnx.js';
import { noise, temporaryDirectory } from './fixtures.js';
import { writeOnnx } from './onnx-files.js';

const engine = await createEngine({ engine: 'eager:cpu' });
afterAll(() => engine.dispose());

describe('an exported ONNX file', () => {
  it.each([
    ['mnist-small-cnn', [28, 28, 1], {}],
    ['resnet-20', [16, 16, 3], { width: 0.25, activation: 'reluDecay' }],
    ['mobilenet-v2', [32, 32, 3], { width: 0.25 }],
    ['vgg-16', [32, 32, 3], { width: 0.1, activation: 'swish' }],
  ] as const)('of %s has standard operators alone, and scores as the model does', async (name, inputShape, options) => {
    const spec = { mean: Array<number>(inputShape[2]).fill(0.4), std: Array<number>(inputShape[2]).fill(0.3) };
    const model = await buildArchitecture(name, { seed: 1, inputShape, classCount: 10, spec, ...options });
    const bytes = onnxFile(model, 3);
    const { graph, opsetImport } = fromBinary(ModelProtoSchema, bytes);
    expect(new Set(graph!.node.map(({ domain }) => domain))).toEqual(new Set(['']));
    expect(opsetImport.map(({ domain }) => domain)).toEqual(['']);
    const images = noise(3, inputShape);
    const session = await InferenceSession.create(bytes);
    const { 'out:scores': scores } = await session.run({
      'in:images': new Tensor('float32', images.data as Float32Array, [...images.shape]),
    });
    const expected = await predict(engine, model, images);
    expect(scores!.dims).toEqual(expected.shape);
    const largest = Math.max(...Array.from(expected.data, Math.abs));
    (scores!.data as Float32Array).forEach((value, i) => expect(Math.abs(value - expected.data[i]!) / largest).toBeLessThan(1e-4));
    await session.release();
  });

  it.each([1, 8])('for %d images is read back for any number of them', async (batch) => {
    const model = await buildArchitecture('mnist-small-cnn', { seed: 1 });
    const directory = await writeOnnx(await temporaryDirectory(), onnxFile(model, batch));
    const images = noise(3, [28, 28, 1]);
    const [expected, found] = [await predict(engine, model, images), await predict(engine, await loadModel({ directory }), images)];
    found.data.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i]!, 4));
  });
});
