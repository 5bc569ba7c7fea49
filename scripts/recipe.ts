/** Trains a model that this project ships, and writes it with its figures to `assets/models`. @module */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Augmentation,
  buildArchitecture,
  type BuildOptions,
  cosineDecay,
  type Dataset,
  type Engine,
  type EpochReport,
  evaluateShard,
  formatMagnitude,
  type LayersDifferentiableModel,
  type Optimizer,
  saveLayersModel,
  train,
  type TrainingScheme,
  wilson,
} from '../src/compute/index.js';

/** What makes a model. Everything in it is in `training.json`. */
export interface Recipe {
  readonly name: string;
  readonly about: string;
  readonly architecture: string;
  readonly spec?: BuildOptions['spec'];
  readonly scheme: TrainingScheme;
  readonly augmentation?: Augmentation;
  readonly optimizer: Optimizer;
  /** The optimizer's name, for people. */
  readonly optimizerTitle: string;
  readonly epochs: number;
  readonly batchSize: number;
  /** At the start; it falls by half a cosine to 0. */
  readonly learningRate: number;
  readonly seed: number;
  /** Budgets of the one-step attacks whose accuracies are written down. */
  readonly epsilons: readonly number[];
}

const ATTACKS = ['FGSM', 'STEP_LL'];

export async function trainAndWrite(engine: Engine, recipe: Recipe, training: Dataset, test: Dataset): Promise<void> {
  const { seed, epochs, batchSize, scheme, optimizer } = recipe;
  const reports: EpochReport[] = [];
  const model = await train({
    engine,
    model: await buildArchitecture(recipe.architecture, { seed, spec: { classNames: training.info.classNames, ...recipe.spec } }),
    dataset: training,
    scheme,
    augmentation: recipe.augmentation,
    optimizer,
    epochs,
    batchSize,
    learningRate: cosineDecay(recipe.learningRate),
    seed,
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
    architecture: recipe.architecture,
    fingerprint: model.fingerprint,
    seed,
    epochs,
    batchSize,
    learningRate: `${recipe.learningRate}, half a cosine to 0, ${recipe.optimizerTitle}`,
    trainingData: training.info.fingerprint,
    testData: test.info.fingerprint,
    engine: engine.description.label,
    lastEpoch: reports.at(-1),
    accuracy: await accuracies(engine, model, test, recipe),
  };
  console.log(figures);
  await writeFile(join(directory, 'training.json'), `${JSON.stringify(figures, null, 2)}\n`);
}

/** Top-1 accuracy on all test images, clean and under each attack, with 95 % intervals. */
async function accuracies(engine: Engine, model: LayersDifferentiableModel, dataset: Dataset, { seed, epsilons }: Recipe) {
  const figures: Record<string, unknown> = {};
  for (const kind of ATTACKS) {
    for (const epsilon of epsilons) {
      const shard = { engine, model, dataset, seed, offset: 0, count: dataset.info.exampleCount, keepImages: false };
      const result = await evaluateShard({ ...shard, attack: { kind, parameters: { epsilon } } });
      const accuracy = (predictions: Int32Array) => wilson(predictions.filter((p, i) => p === result.labels[i]).length, result.count);
      figures['clean'] = accuracy(result.cleanPrediction);
      figures[`${kind} ${formatMagnitude(epsilon)}`] = accuracy(result.adversarialPrediction);
    }
  }
  return figures;
}
