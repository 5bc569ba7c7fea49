/** A training run as plain data, and the session that it asks for. @module */
import { type Dataset, type DatasetInfo, type DatasetSource, DEFAULT_DATA_MEMORY } from '../data/index.js';
import { sizeOf } from '../tensors/index.js';
import type { Engine } from '../engine/index.js';
import type { MemoryBudget } from '../memory/index.js';
import type { ParameterValues } from '../parameters/index.js';
import { ComputeError } from '../errors.js';
import { type ArchitectureRequest, buildArchitecture, type DifferentiableModel, type ModelFiles } from '../models/index.js';
import type { Regularisation, SuiteAttack, WeightedAttack } from './types.js';
import type { Augmentation } from './minibatch.js';
import { findOptimizer } from './optimizers/registry.js';
import { findSchedule, type Schedule, withWarmUp } from './schedules.js';
import { createScheme } from './schemes/registry.js';
import type { SessionOptions } from './session.js';
import type { StoppingRules } from './validation.js';

/** One of a registry, with parameters that were checked. */
export interface Selection {
  readonly name: string;
  readonly parameters: ParameterValues;
}

/** Everything about a run that is no file. Names are those of the registries. */
export interface TrainingPlan {
  readonly scheme: Selection & { readonly attacks: readonly WeightedAttack[] };
  readonly optimizer: Selection;
  readonly schedule: Selection;
  readonly warmUpSteps: number;
  readonly regularisation: Regularisation;
  readonly augmentation: Augmentation;
  readonly totalSteps: number;
  readonly batchSize: number;
  /** Share of each minibatch that every one of {@link TrainingRequest.extras} gives. Absent in plans of versions that had none. */
  readonly extraFractions?: readonly number[];
  readonly seed: number;
  readonly stopping: StoppingRules;
  readonly validation: { readonly offset: number; readonly count: number; readonly oneStep: SuiteAttack; readonly iterative: SuiteAttack };
}

export interface TrainingRequest {
  /** Of the run: a session that stays in memory is found by it. */
  readonly id: string;
  readonly plan: TrainingPlan;
  /** Where training starts. */
  readonly model: ModelFiles | ArchitectureRequest;
  readonly dataset: DatasetSource;
  /** In the order of {@link TrainingPlan.extraFractions}. */
  readonly extras?: readonly DatasetSource[];
  readonly validationDataset: DatasetSource;
  /** What the scheme takes of {@link SchemeResources}. */
  readonly models: readonly ModelFiles[];
  readonly unlabelled?: DatasetSource;
}

/** How files are opened. */
export interface Sources {
  readonly engine: Engine;
  readonly memory: MemoryBudget;
  /** Default: as {@link SessionOptions} say. */
  readonly dataMemory?: number;
  model(files: ModelFiles): Promise<DifferentiableModel>;
  dataset<T>(source: DatasetSource, use: (dataset: Dataset) => Promise<T>): Promise<T>;
}

/** The learning rate of a run by step, with its warm-up. */
export const learningRateOf = ({ schedule, warmUpSteps }: Pick<TrainingPlan, 'schedule' | 'warmUpSteps'>): Schedule =>
  withWarmUp(findSchedule(schedule.name).create(schedule.parameters), warmUpSteps);

/** Of the memory for computing, that images may take which are trained on; more of them are read from their files. */
const SHARE_OF_MEMORY = 0.25;

/** Of the images that are validated on, as floats: clean, attacked, and each as it passes to the engine's threads. */
const VALIDATION_COPIES = 4;

/** Calls `use` with the session's options while its data sets are open. */
export async function withSessionOptions<T>(
  request: TrainingRequest,
  sources: Sources,
  use: (options: SessionOptions) => Promise<T>,
): Promise<T> {
  const { plan } = request;
  const [model, models] = [await startingModel(request, sources), await Promise.all(request.models.map((files) => sources.model(files)))];
  const { scheme, optimizer, validation, batchSize } = plan;
  return withDatasets(sources, [request.dataset, request.validationDataset, ...(request.extras ?? [])], ([dataset, validated, ...extras]) =>
    withUnlabelled(request, sources, model, async (unlabelled) => {
      const dataMemory = Math.min(sources.dataMemory ?? DEFAULT_DATA_MEMORY, SHARE_OF_MEMORY * sources.memory.available);
      await makeRoom(sources.memory, [dataset!, ...extras, ...(unlabelled ? [unlabelled] : [])], dataMemory, validation.count);
      return use({
        ...plan,
        engine: sources.engine,
        model,
        dataset: dataset!,
        extras: extras.map((extra, i) => ({ dataset: extra, fraction: plan.extraFractions![i]! })),
        scheme: createScheme(scheme.name, scheme.parameters, { batchSize, attacks: scheme.attacks, models, unlabelled }),
        optimizer: findOptimizer(optimizer.name).create(optimizer.parameters),
        learningRate: learningRateOf(plan),
        validation: { ...validation, dataset: validated! },
        dataMemory,
      });
    }),
  );
}

/** Calls `use` while the data sets of all sources are open. */
function withDatasets<T>(
  sources: Sources,
  [first, ...rest]: readonly DatasetSource[],
  use: (datasets: readonly Dataset[]) => Promise<T>,
): Promise<T> {
  if (!first) return use([]);
  return sources.dataset(first, (dataset) => withDatasets(sources, rest, (others) => use([dataset, ...others])));
}

const imagesBytes = (count: number, { imageShape, bitDepth }: Pick<DatasetInfo, 'imageShape' | 'bitDepth'>) =>
  count * sizeOf(imageShape) * (bitDepth / 8);

/** For images that the session holds. What it reads is measured where room is made for its step. @throws ComputeError LIMIT_EXCEEDED */
async function makeRoom(memory: MemoryBudget, trainedOn: readonly Dataset[], dataMemory: number, validated: number): Promise<void> {
  const sizes = trainedOn.map(({ info, source }) => [imagesBytes(info.exampleCount, info), source !== undefined] as const);
  const held = sizes.reduce((sum, [bytes, isFile]) => sum + (isFile && bytes > dataMemory ? 0 : bytes), 0);
  const validation = VALIDATION_COPIES * imagesBytes(validated, { ...trainedOn[0]!.info, bitDepth: 32 });
  const what = held > validation ? 'Holding the images to train on' : `Validating on ${validated} images`;
  await memory.reserve(held + validation, what, () => Promise.resolve());
}

function withUnlabelled<T>(
  { unlabelled }: TrainingRequest,
  sources: Sources,
  { spec }: DifferentiableModel,
  use: (unlabelled?: Dataset) => Promise<T>,
): Promise<T> {
  if (!unlabelled) return use();
  return sources.dataset(unlabelled, (dataset) => {
    if (dataset.info.imageShape.join() !== spec.inputShape.join()) {
      throw new ComputeError('MODEL_DATASET_MISMATCH', 'The images without labels are not of the size that the model takes.', [
        'unlabelledDatasetId',
      ]);
    }
    return use(dataset);
  });
}

function startingModel({ model }: TrainingRequest, sources: Sources): Promise<DifferentiableModel> {
  return 'architecture' in model ? buildArchitecture(model.architecture, model) : sources.model(model);
}
