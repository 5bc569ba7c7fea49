import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { residentBytes } from '../../src/compute/memory/index.js';
import { buildArchitecture, onnxFile, saveLayersModel } from '../../src/compute/models/index.js';
import { ComputeService } from '../../src/compute/host/service.js';
import { NO_REGULARISATION } from '../../src/compute/training/types.js';
import type { TrainingPlan } from '../../src/compute/index.js';

const MB = 1e6;
const MNIST = { format: 'mnist', split: 'test' } as const;

let directory: string;
const [layers, onnx] = ['layers', 'onnx'];
const services: ComputeService[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-refusals-'));
  await Promise.all([layers, onnx].map((name) => mkdir(join(directory, name))));
  // 13 MB of weights.
  const model = await buildArchitecture('mnist-cnn', { seed: 1 });
  await saveLayersModel(model, join(directory, layers));
  await writeFile(join(directory, onnx, 'model.onnx'), await onnxFile(model, 1));
});

afterAll(async () => {
  await Promise.all(services.map((service) => service.close()));
  await rm(directory, { recursive: true, force: true });
});

/** @param room bytes beside what the process occupies. */
function computeWith(room: number): ComputeService {
  const service = new ComputeService({ engine: { engine: 'compiled:cpu', threads: 1 }, memory: residentBytes() + room });
  services.push(service);
  return service;
}

const planOf = (batchSize: number, validated: number): TrainingPlan => {
  const suite = { kind: 'FGSM', parameters: { epsilon: 0.1 } };
  return {
    scheme: { name: 'standard', parameters: {}, attacks: [] },
    optimizer: { name: 'sgd', parameters: { momentum: 0.9 } },
    schedule: { name: 'constant', parameters: { learningRate: 0.01 } },
    warmUpSteps: 0,
    regularisation: NO_REGULARISATION,
    augmentation: { shift: 0, mirror: false },
    totalSteps: 1,
    batchSize,
    seed: 1,
    stopping: { patience: 0, detectOverfitting: false },
    validation: { offset: 0, count: validated, oneStep: suite, iterative: suite },
  };
};

async function train(compute: ComputeService, batchSize: number, validated: number) {
  const model = { architecture: 'mnist-cnn', seed: 1 };
  const data = { dataset: { ...MNIST, split: 'train' }, validationDataset: MNIST, models: [] } as const;
  return compute.train({ id: 'refused', plan: planOf(batchSize, validated), model, ...data }, 1, undefined);
}

describe('what does not fit in memory is refused, with what it needs, before it is begun:', () => {
  it.each([
    ['a model of TensorFlow.js', layers, 'GRADIENT'],
    ['an ONNX file as a black box', onnx, 'SCORE'],
  ] as const)('%s', async (_, name, access) => {
    const inspect = (room: number) => computeWith(room).inspectModel({ directory: join(directory, name), access });
    await expect(inspect(2 * MB)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(inspect(2 * MB)).rejects.toThrow(/^Opening the model needs 27 MB of memory .* GAUNTLET_COMPUTE_MEMORY raised to/);
    expect((await inspect(500 * MB)).spec.classCount).toBe(10);
  });

  it('validation on more images than there is room for', async () => {
    // 10,000 images of 784 floats, four times.
    await expect(train(computeWith(100 * MB), 16, 10_000)).rejects.toThrow(/^Validating on 10000 images needs 126 MB of memory/);
  });

  it('training in minibatches that are too large', async () => {
    await expect(train(computeWith(150 * MB), 2048, 16)).rejects.toThrow(/^A step of train\.standard\.sgd needs [\d.]+ [MG]B of memory/);
  });
});
