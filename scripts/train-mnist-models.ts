/**
 * Trains the two MNIST models that this project ships.
 * `npm run train:models`, or after a build `node dist/scripts/train-mnist-models.js <engine>`.
 * @module
 */
import { adam, algorithm1, createEngine, type EngineName, openDataset, standard, stepLlUpTo } from '../src/compute/index.js';
import { trainAndWrite, type Recipe } from './recipe.js';

const BATCH_SIZE = 64;
const STEPS_PER_EPOCH = Math.floor(60_000 / BATCH_SIZE);

const ALGORITHM1 = { ...stepLlUpTo(0.3), adversarialCount: BATCH_SIZE / 2, adversarialWeight: 1, delaySteps: STEPS_PER_EPOCH };

const COMMON = {
  architecture: 'mnist-small-cnn',
  optimizer: adam(),
  optimizerTitle: 'Adam',
  batchSize: BATCH_SIZE,
  learningRate: 1e-3,
  seed: 1,
  epsilons: [0.1, 0.2, 0.3],
};

const RECIPES: readonly Recipe[] = [
  { ...COMMON, name: 'mnist-baseline', about: 'Trained on clean images only.', epochs: 8, scheme: standard },
  {
    ...COMMON,
    name: 'mnist-adversarial',
    about: `Trained by Algorithm 1 of Kurakin et al. 2016 with ${JSON.stringify(ALGORITHM1)}: robust to one-step attacks, little to iterative ones.`,
    epochs: 16,
    scheme: algorithm1(ALGORITHM1),
  },
];

async function main(engineName: EngineName): Promise<void> {
  const engine = await createEngine({ engine: engineName });
  const [training, test] = [await openDataset({ format: 'mnist', split: 'train' }), await openDataset({ format: 'mnist', split: 'test' })];
  try {
    for (const recipe of RECIPES) await trainAndWrite(engine, recipe, training, test);
  } finally {
    await Promise.all([training.close(), test.close(), engine.dispose()]);
  }
}

await main((process.argv[2] ?? 'compiled:cpu') as EngineName);
