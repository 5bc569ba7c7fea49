/** Quantised networks of onnxruntime's tools, and what its optimiser writes: imported with onnxruntime's scores, and attacked by their gradients. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ComputeService } from '../../src/compute/host/service.js';
import { noiseImages } from '../../src/compute/models/trial-images.js';
import { predict } from '../../src/compute/models/functions.js';
import { loadModel } from '../../src/compute/models/load.js';
import { InferenceSession } from '../../src/compute/onnxruntime/index.js';
import { testEngine } from '../test-engine.js';
import { rows } from '../../src/compute/tensors/host-tensor.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';
import { temporaryDirectory } from './fixtures.js';
import { slopes } from './slopes.js';

const root = await temporaryDirectory();
const engine = await testEngine({ microBatch: 4 });
const compute = new ComputeService({ engine: { engine: ENGINE_UNDER_TEST, threads: 1, microBatch: 4 } });
afterAll(() => Promise.all([engine.dispose(), compute.close()]));

async function folderOf(name: string): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory, { recursive: true });
  await copyFile(`tests/fixtures/quantised/${name}.onnx`, join(directory, 'model.onnx'));
  return directory;
}

const gradientOf = async (directory: string) => {
  const model = await loadModel({ directory });
  return (await slopes(engine, model, noiseImages(model.spec.inputShape, 2))).gradient;
};

describe.each(['qdq', 'qdq-channel', 'qop', 'qop-channel', 'dyn', 'dyn-opt-extended'])('a quantised network, %s', (form) => {
  const name = `quantised-${form}`;

  it('has the scores of onnxruntime, as a black box too, and says that it is quantised', async () => {
    const directory = await folderOf(name);
    const card = await compute.inspectModel({ directory });
    expect(card.forwardDifference).toBeLessThanOrEqual(1e-6);
    expect(card.gradientsHealthy).toBe(true);
    expect(card.parameterCount).toBeGreaterThan(20_000);
    expect(card.warnings).toEqual([expect.stringContaining('The network is quantised')]);
    const model = await loadModel({ directory });
    const images = noiseImages(model.spec.inputShape, 3);
    const asked = await compute.inspectModel({ directory, access: 'SCORE' });
    expect(asked.spec).toEqual(card.spec);
    const together = await predict(engine, model, images);
    const alone = await predict(engine, model, rows(images, 1, 2));
    // Its rounding is that of each image, whatever lies beside it.
    expect(Array.from(rows(together, 1, 2).data)).toEqual(Array.from(alone.data));
  });

  it('has about the gradient of the network before', async () => {
    const [before, after] = [await gradientOf(await folderOf('before-quantisation')), await gradientOf(await folderOf(name))];
    expect(after / before).toBeGreaterThan(0.8);
    expect(after / before).toBeLessThan(1.25);
  });
});

describe('what the optimiser of onnxruntime writes for this processor', () => {
  it.each(['extended', 'all'] as const)('%s: it is read as what it stands for', async (graphOptimizationLevel) => {
    const directory = join(root, graphOptimizationLevel);
    await mkdir(directory);
    const session = await InferenceSession.create('tests/fixtures/quantised/before-quantisation.onnx', {
      graphOptimizationLevel,
      optimizedModelFilePath: join(directory, 'model.onnx'),
      logSeverityLevel: 4,
    });
    await session.release();
    const card = await compute.inspectModel({ directory });
    expect(Object.keys(card.operations).some((operator) => operator.startsWith('com.microsoft.'))).toBe(true);
    expect(card.forwardDifference).toBeLessThanOrEqual(1e-6);
    const model = await loadModel({ directory });
    const { measured, gradient } = await slopes(engine, model, noiseImages(model.spec.inputShape, 2));
    expect(measured / gradient).toBeCloseTo(1, 2);
  });
});
