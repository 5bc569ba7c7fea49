/** A training run as plain data, and the session that it asks for. @module */
import type { Dataset, DatasetSource } from '../data/index.js';
import type { Engine } from '../engine/index.js';
import type { MemoryBudget } from '../memory/index.js';
import type { ParameterValues } from '../parameters/index.js';
import { ComputeError } from '../errors.js';
import { type ArchitectureRequest, buildArchitecture, type DifferentiableModel, type ModelFiles } from '../models/index.js';
import type { Regularisation, SuiteAttack, WeightedAttack } from './types.js';
import type { Augmentation } from './minibatch.js';
import { findOptimizer } from './optimizers/registry.js';
import { findSchedule, withWarmUp } from './schedules.js';
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

/** Calls `use` with the session's options while its data sets are open. */
export async function withSessionOptions<T>(
  request: TrainingRequest,
  sources: Sources,
  use: (options: SessionOptions) => Promise<T>,
): Promise<T> {
  const { plan } = request;
  const [model, models] = [await startingModel(request, sources), await Promise.all(request.models.map((files) => sources.model(files)))];
  const { scheme, optimizer, schedule, validation, batchSize } = plan;
  return sources.dataset(request.dataset, (dataset) =>
    sources.dataset(request.validationDataset, (validationDataset) =>
      withUnlabelled(request, sources, model, (unlabelled) =>
        use({
          ...plan,
          engine: sources.engine,
          model,
          dataset,
          scheme: createScheme(scheme.name, scheme.parameters, { batchSize, attacks: scheme.attacks, models, unlabelled }),
          optimizer: findOptimizer(optimizer.name).create(optimizer.parameters),
          learningRate: withWarmUp(findSchedule(schedule.name).create(schedule.parameters), plan.warmUpSteps),
          validation: { ...validation, dataset: validationDataset },
          dataMemory: sources.dataMemory,
        }),
      ),
    ),
  );
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
