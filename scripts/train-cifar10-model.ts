/**
 * Trains the CIFAR-10 model that this project ships, on the pictures in a folder.
 * After a build: `npm run train:cifar10 -- <folder of the binary version> [<engine>]`.
 * @module
 */
import { adamw, createEngine, type EngineName, openDataset, standard } from '../src/compute/index.js';
import { trainAndWrite, type Recipe } from './recipe.js';

const WEIGHT_DECAY = 0.1;
const SHIFT = 4;

const RECIPE: Recipe = {
  name: 'cifar10-resnet-20',
  about: `Trained on a fifth of CIFAR-10's training images, 1,000 a class, mirrored and shifted by up to ${SHIFT} pixels at random.`,
  architecture: 'resnet-20',
  // Of the training images, per channel.
  spec: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  scheme: standard,
  augmentation: { shift: SHIFT, mirror: true },
  optimizer: adamw(WEIGHT_DECAY),
  optimizerTitle: `AdamW with a weight decay of ${WEIGHT_DECAY}`,
  epochs: 30,
  batchSize: 64,
  learningRate: 4e-3,
  seed: 1,
  epsilons: [1 / 255, 2 / 255, 4 / 255, 8 / 255],
};

async function main(directory: string | undefined, engineName: EngineName): Promise<void> {
  if (!directory) throw new Error('Name the folder of CIFAR-10, binary version, that holds data_batch_1.bin and test_batch.bin.');
  const engine = await createEngine({ engine: engineName });
  const [training, test] = await Promise.all([
    openDataset({ format: 'cifar10', split: 'train', directory }),
    openDataset({ format: 'cifar10', split: 'test', directory }),
  ]);
  try {
    await trainAndWrite(engine, RECIPE, training, test);
  } finally {
    await Promise.all([training.close(), test.close(), engine.dispose()]);
  }
}

await main(process.argv[2], (process.argv[3] ?? 'compiled:cpu') as EngineName);
