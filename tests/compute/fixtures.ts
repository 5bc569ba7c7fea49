/** Files and models that several tests need. @module */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, expect } from 'vitest';
import { sizeOf } from '../../src/compute/tensors/host-tensor.js';
import type { HostTensor } from '../../src/compute/tensors/types.js';
import type { ComputeError, ComputeErrorCode } from '../../src/compute/errors.js';
import { layersModel, type LayersDifferentiableModel } from '../../src/compute/models/keras/index.js';
import { randomStream } from '../../src/compute/random.js';

/** A folder that is gone after the tests of the file. Call it outside of tests: inside one, vitest would not run the clean-up. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-test-'));
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The ComputeError that `promise` rejects with. */
export async function failure(promise: Promise<unknown>): Promise<ComputeError> {
  try {
    await promise;
  } catch (error) {
    if ((error as Error).name === 'ComputeError') return error as ComputeError;
    throw error;
  }
  throw new Error('It should have been refused, but was not.');
}

/** For `expect(await failure(…)).toMatchObject(refusal(…))`. */
export function refusal(code: ComputeErrorCode, message: RegExp) {
  return { code, message: expect.stringMatching(message) as unknown };
}

/** Pixel value `p` of example `i` in the files written here. */
export function pixelOf(i: number, p: number): number {
  return (i * 31 + p * 7) % 256;
}

/** A pair of IDX files with labels 0, 1, 2, … modulo 10. */
export async function writeIdx(directory: string, prefix: string, count: number, side = 28): Promise<void> {
  const header = (magic: number, ...sizes: number[]) => {
    const bytes = Buffer.alloc(4 + 4 * sizes.length);
    [magic, ...sizes].forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
    return bytes;
  };
  const size = side * side;
  const pixels = Buffer.alloc(count * size).map((_, at) => pixelOf(Math.floor(at / size), at % size));
  const labels = Buffer.from(Array.from({ length: count }, (_, i) => i % 10));
  await writeFile(join(directory, `${prefix}-images-idx3-ubyte`), Buffer.concat([header(0x803, count, side, side), pixels]));
  await writeFile(join(directory, `${prefix}-labels-idx1-ubyte`), Buffer.concat([header(0x801, count), labels]));
}

/** A file in CIFAR-10's binary layout; label of example i is `(first + i) % 10`, pixel p of plane c is `pixelOf(first + i, p + c)`. */
export async function writeCifar(path: string, first: number, count: number): Promise<void> {
  const records = Buffer.alloc(count * 3073);
  for (let i = 0; i < count; i++) {
    records[i * 3073] = (first + i) % 10;
    for (let c = 0; c < 3; c++) for (let p = 0; p < 1024; p++) records[i * 3073 + 1 + c * 1024 + p] = pixelOf(first + i, p + c);
  }
  await writeFile(path, records);
}

/** Images of seeded noise `[n, ...shape]`, pixels in [0, 1]. */
export function noise(n: number, shape: readonly number[], seed = 1): HostTensor {
  const stream = randomStream(seed, 'test.noise', 0);
  return { dtype: 'float32', shape: [n, ...shape], data: Float32Array.from({ length: n * sizeOf(shape) }, () => stream.uniform()) };
}

/**
 * Saves a model by tfjs-layers' own code.
 * @returns what tfjs-layers predicts for `images`.
 */
export async function writeTfjsModel(
  directory: string,
  build: () => LayersModel,
  images?: HostTensor,
  { quantise = false } = {},
): Promise<Float32Array> {
  await mkdir(directory, { recursive: true });
  await tf.setBackend('cpu');
  const model = build();
  const scores = images
    ? tf.tidy(
        () => (model.predict(tf.tensor(images.data as Float32Array, [...images.shape])) as tf.Tensor).dataSync().slice() as Float32Array,
      )
    : new Float32Array();
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      const manifest = quantise ? quantised(weightSpecs!, bytes) : { weights: weightSpecs, bytes };
      await writeFile(join(directory, 'weights.bin'), manifest.bytes);
      const json = { format: 'layers-model', modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights: manifest.weights }] };
      await writeFile(join(directory, 'model.json'), JSON.stringify(json));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  model.dispose();
  return scores;
}

/** Weights in 8 bits, as tensorflowjs_converter --quantize_uint8 writes them. */
function quantised(specs: tf.io.WeightsManifestEntry[], bytes: Uint8Array) {
  let offset = 0;
  const parts: Uint8Array[] = [];
  const weights = specs.map((spec) => {
    const values = new Float32Array(bytes.slice(offset, offset + 4 * sizeOf(spec.shape)).buffer);
    offset += 4 * values.length;
    const min = Math.min(...values);
    const scale = (Math.max(...values) - min) / 255 || 1;
    parts.push(Uint8Array.from(values, (value) => Math.round((value - min) / scale)));
    return { ...spec, quantization: { dtype: 'uint8' as const, min, scale } };
  });
  return { weights, bytes: Buffer.concat(parts) };
}

/** The multilayer perceptron with another layer after its first hidden one. */
export function withLayer(topology: LayersDifferentiableModel['topology'], layer: object): LayersDifferentiableModel['topology'] {
  const copy = structuredClone(topology);
  (copy.config['layers'] as object[]).splice(3, 0, layer);
  return copy;
}

export const MOVING_MEAN = 'bn/moving_mean';

/** The multilayer perceptron with batch norm after its first hidden layer. */
export function withBatchNorm({ topology, variables, spec }: LayersDifferentiableModel): Promise<LayersDifferentiableModel> {
  const config = { name: 'bn', axis: -1, momentum: 0.9, epsilon: 1e-3, scale: false, center: false };
  const statistics = (value: number) => ({ dtype: 'float32', shape: [256], data: new Float32Array(256).fill(value) }) as const;
  return layersModel(
    withLayer(topology, { class_name: 'BatchNormalization', config }),
    { ...variables, [MOVING_MEAN]: statistics(0), 'bn/moving_variance': statistics(1) },
    spec,
  );
}
