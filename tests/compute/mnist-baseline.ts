/** What attacks on real images need: the shipped MNIST network, its test images, and an engine. @module */
import { openDataset } from '../../src/compute/data/registry.js';
import { loadLayersModel } from '../../src/compute/models/keras/index.js';
import { testEngine } from '../test-engine.js';

/** @param microBatch fixed, so that sums have the same order however a batch is split. */
export async function mnistBaseline(microBatch: number) {
  const [engine, dataset, model] = await Promise.all([
    testEngine({ microBatch }),
    openDataset({ format: 'mnist', split: 'test' }),
    loadLayersModel({ format: 'LAYERS_MODEL', directory: 'assets/models/mnist-baseline' }),
  ]);
  return { engine, dataset, model, close: () => Promise.all([engine.dispose(), dataset.close()]) };
}
