/**
 * Trains the two models that this project ships, and writes them with their figures to `assets/models`.
 * `npm run train:models`, or after a build `node dist/scripts/train-mnist-models.js <engine>`.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  adam,
  algorithm1,
  buildArchitecture,
  cosineDecay,
  createEngine,
  evaluateShard,
  openDataset,
  wilson,
  saveLayersModel,
  standard,
  train,
  type Dataset,
  type Engine,
  type EngineName,
  type EpochReport,
  type LayersDifferentiableModel,
  type TrainingScheme,
} from '../src/compute/index.js';

const ARCHITECTURE = 'mnist-small-cnn';
const SEED = 1;
const BATCH_SIZE = 64;
const LEARNING_RATE = 1e-3;
const EPSILONS = [0.1, 0.2, 0.3];
const ATTACKS = ['FGSM', 'STEP_LL'];

interface Recipe {
  readonly name: string;
  readonly about: string;
  readonly epochs: number;
  readonly scheme: TrainingScheme;
}

const STEPS_PER_EPOCH = Math.floor(60_000 / BATCH_SIZE);

const ALGORITHM1 = { adversarialCount: BATCH_SIZE / 2, adversarialWeight: 1, epsilonMax: 0.3, delaySteps: STEPS_PER_EPOCH };

const RECIPES: readonly Recipe[] = [
  { name: 'mnist-baseline', about: 'Trained on clean images only.', epochs: 8, scheme: standard },
  {
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

async function trainAndWrite(engine: Engine, recipe: Recipe, training: Dataset, test: Dataset): Promise<void> {
  const reports: EpochReport[] = [];
  const model = await train({
    engine,
    model: await buildArchitecture(ARCHITECTURE, { seed: SEED, spec: { classNames: training.info.classNames } }),
    dataset: training,
    scheme: recipe.scheme,
    optimizer: adam(),
    epochs: recipe.epochs,
    batchSize: BATCH_SIZE,
    learningRate: cosineDecay(LEARNING_RATE),
    seed: SEED,
    onEpoch(report) {
      reports.push(report);
      console.log(recipe.name, report);
    },
  });
  const directory = join('assets', 'models', recipe.name);
  await saveLayersModel(model, directory);
  const figures = {
    name: recipe.name,
    about: recipe.about,
    architecture: ARCHITECTURE,
    fingerprint: model.fingerprint,
    seed: SEED,
    epochs: recipe.epochs,
    batchSize: BATCH_SIZE,
    learningRate: `${LEARNING_RATE}, half a cosine to 0, Adam`,
    trainingData: training.info.fingerprint,
    testData: test.info.fingerprint,
    engine: engine.description.label,
    lastEpoch: reports.at(-1),
    accuracy: await accuracies(engine, model, test),
  };
  console.log(figures);
  await writeFile(join(directory, 'training.json'), `${JSON.stringify(figures, null, 2)}\n`);
}

/** Top-1 accuracy on all test images, clean and under each attack, with 95 % intervals. */
async function accuracies(engine: Engine, model: LayersDifferentiableModel, dataset: Dataset) {
  const figures: Record<string, unknown> = {};
  for (const kind of ATTACKS) {
    for (const epsilon of EPSILONS) {
      const shard = { engine, model, dataset, seed: SEED, offset: 0, count: dataset.info.exampleCount, keepImages: false };
      const result = await evaluateShard({ ...shard, attack: { kind, parameters: { epsilon } } });
      const accuracy = (predictions: Int32Array) => wilson(predictions.filter((p, i) => p === result.labels[i]).length, result.count);
      figures['clean'] = accuracy(result.cleanPrediction);
      figures[`${kind} ${epsilon}`] = accuracy(result.adversarialPrediction);
    }
  }
  return figures;
}

await main((process.argv[2] ?? 'compiled:cpu') as EngineName);
