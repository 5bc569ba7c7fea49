/** `Compute` in the thread that computes: the engine, and the models and data sets that are loaded. @module */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AttackProgress,
  type CertifiedShard,
  certifyShard,
  CleanShards,
  evaluateShard,
  importImages,
  predictImages,
  type Predictions,
  predictTransformed,
  Preparations,
  type ShardResult,
  type TransformedPredictions,
} from '../evaluation/index.js';
import { findAttack } from '../attacks/index.js';
import { type GameResult, playGame } from '../adversarial-classification/index.js';
import { fitClassifier } from '../classifiers/index.js';
import { validateParameters } from '../parameters/index.js';
import {
  type Dataset,
  datasetFiles,
  type DatasetInfo,
  type DatasetSource,
  KeptBatches,
  openDataset,
  type RangeReader,
} from '../data/index.js';
import { toLevels } from '../distances/index.js';
import { createEngine, type Engine, type EngineDescription, type EngineOptions, type EngineStatistics } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import { MemoryBudget, type MemoryStatistics } from '../memory/index.js';
import {
  type AnyModel,
  type ArchitectureRequest,
  buildArchitecture,
  compareWithOnnxruntime,
  DEFAULT_MODEL_LIMITS,
  DEFAULT_REMOTE_POLICY,
  detectFormat,
  differentiable,
  dryRun,
  type EndpointCaller,
  isBlackBox,
  modelCard,
  type ModelCard,
  type ModelFiles,
  type ModelLimits,
  type ModelSource,
  noiseTrial,
  onnxFile,
  openBatch,
  type OpenedFile,
  openModel,
  type RemotePolicy,
  safetensorsFile,
  saveLayersModel,
  trialImages,
  predict,
} from '../models/index.js';
import { bytesOfDirectory, stampOfDirectory, stampOfFiles } from './file-stamp.js';
import { type ResumePoint, type TrainedSegment, Trainer, type TrainingRequest, type TrainingStatistics } from '../training/index.js';
import { checkCleanAccuracy, cleanCheckWarnings } from './clean-check.js';
import { type CandidateData, type CheckRequest, examplesFor, fewOf } from './trial-examples.js';
import { SharedValues } from './shared-values.js';
import { Turns } from './turns.js';
import type {
  CertificationRequest,
  ClassifierRequest,
  GameRequest,
  Compute,
  ImportRequest,
  PredictedRequest,
  ShardRequest,
  TransformedRequest,
} from './types.js';

/** Of each, as far as there is memory for them. */
const KEPT = 32;

/** Of a model's files while it is opened: as they are read, and its weights, or onnxruntime's session. */
const COPIES_OF_FILES = 2;

export interface ServiceOptions {
  readonly engine: EngineOptions;
  readonly limits?: Partial<ModelLimits>;
  readonly remote?: RemotePolicy;
  /** Calls endpoints for a process that has no network; default: this process. */
  readonly callEndpoint?: EndpointCaller;
  /** Reads data sets that lie in a store elsewhere; training takes files. */
  readonly readStored?: RangeReader;
  /** Bytes of training images that are held in memory. */
  readonly dataMemory?: number;
  /** Bytes of memory that the process may occupy. Default: half of the machine's. */
  readonly memory?: number;
}

export class ComputeService implements Compute {
  private readonly memory: MemoryBudget;
  private readonly models: SharedValues<AnyModel>;
  private readonly datasets: SharedValues<Dataset>;
  private readonly preparations: Preparations;
  private readonly cleanShards = new CleanShards();
  private readonly batches: KeptBatches;
  private readonly turns = new Turns();
  private readonly trainer: Trainer;
  private readonly limits: ModelLimits;
  private created: Promise<Engine> | undefined;

  constructor(private readonly options: ServiceOptions) {
    this.limits = { ...DEFAULT_MODEL_LIMITS, ...options.limits };
    const memory = new MemoryBudget({ limit: options.memory });
    this.memory = memory;
    const kept = { capacity: KEPT, memory };
    this.models = new SharedValues({ ...kept, kind: 'models', dispose: (model) => (isBlackBox(model) ? model.close() : undefined) });
    this.datasets = new SharedValues({ ...kept, kind: 'datasets', dispose: (dataset) => dataset.close() });
    this.batches = new KeptBatches(memory);
    this.preparations = new Preparations(memory);
    this.trainer = new Trainer(async () => ({
      engine: await this.getEngine(),
      memory,
      dataMemory: this.options.dataMemory,
      model: (files) => this.withModel(files, differentiable),
      dataset: (source, use) => this.withDataset(source, use),
    }));
  }

  async engine(): Promise<EngineDescription> {
    return (await this.getEngine()).description;
  }

  async statistics(): Promise<EngineStatistics> {
    return (await this.getEngine()).statistics();
  }

  memoryStatistics(): Promise<MemoryStatistics> {
    return Promise.resolve(this.memory.statistics());
  }

  async inspectModel(source: ModelSource, candidates: readonly CandidateData[] = [], check: CheckRequest = {}): Promise<ModelCard> {
    const engine = await this.getEngine();
    const isRemote = 'endpoint' in source;
    const format = isRemote ? null : (source.format ?? (await detectFormat(source.directory, this.limits)));
    return this.withModel(source, async (model) => {
      const { inputShape } = model.spec;
      // An endpoint may charge for what it is asked.
      const withDataset = <T>(data: DatasetSource, use: (dataset: Dataset) => Promise<T> | T) => this.withDataset(data, use);
      const examples = isRemote ? undefined : await examplesFor(model.spec, candidates, withDataset, check.count);
      const trial = isRemote ? noiseTrial(inputShape) : trialImages(inputShape, examples && fewOf(examples));
      const observed = await dryRun(engine, model, trial);
      const cleanCheck = examples ? await checkCleanAccuracy(engine, model, examples, check.expected) : null;
      const advice = cleanCheck ? cleanCheckWarnings(model.spec, cleanCheck, check.expected) : [];
      const withAdvice = { ...observed, warnings: [...observed.warnings, ...advice] };
      // Nor can answers be compared that are others each time.
      const network = isBlackBox(model) ? undefined : (model.unmapped ?? model);
      if (isRemote || !network?.onnx || network.random) return modelCard(format, model, withAdvice, undefined, cleanCheck);
      const imported = { ...network, onnx: network.onnx };
      const scores = network === model ? observed.scores : await predict(engine, network, trial.images);
      const comparison = await compareWithOnnxruntime(source, imported, trial, scores, engine.description.provider, this.limits);
      return modelCard(format, model, withAdvice, comparison, cleanCheck);
    });
  }

  async buildModel(request: ArchitectureRequest, directory: string): Promise<ModelCard> {
    await saveLayersModel(await buildArchitecture(request.architecture, request), directory);
    return this.inspectModel({ format: 'LAYERS_MODEL', directory });
  }

  async fitClassifier({ plan, dataset }: ClassifierRequest, directory: string, signal?: AbortSignal): Promise<ModelCard> {
    const fitted = await this.withDataset(dataset, (opened) => fitClassifier(plan, opened, directory, signal));
    return this.inspectModel({ format: 'ONNX', directory, ...fitted });
  }

  playGame({ plan, ...data }: GameRequest, signal?: AbortSignal): Promise<GameResult> {
    return this.withDataset(data.training, (training) => this.withDataset(data.test, (test) => playGame(plan, training, test, signal)));
  }

  exportOnnx(files: ModelFiles, batch: number): Promise<Uint8Array> {
    return this.withModel(files, (model) => onnxFile(differentiable(model), batch));
  }

  exportSubmittedOnnx(files: ModelFiles): Promise<OpenedFile> {
    return this.withModel(files, async (model) => {
      const { onnx, save, variables } = differentiable(model);
      if (!onnx) {
        const message = 'The model was not submitted as an ONNX file. Download it as `/onnx?batch=`, or its own files.';
        throw new ComputeError('UNSUPPORTED_OPERATION', message, ['format']);
      }
      const directory = await mkdtemp(join(tmpdir(), 'gauntlet-export-'));
      try {
        await save(variables, directory);
        return await openBatch(await readFile(join(directory, 'model.onnx')), onnx);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
  }

  exportWeights(files: ModelFiles): Promise<Uint8Array> {
    return this.withModel(files, (model) => safetensorsFile(differentiable(model).variables));
  }

  inspectDataset(source: DatasetSource): Promise<DatasetInfo> {
    return this.withDataset(source, ({ info }) => info);
  }

  datasetImage(source: DatasetSource, index: number): Promise<Uint8Array> {
    return this.withDataset(source, async (dataset) => {
      const { exampleCount } = dataset.info;
      if (!Number.isInteger(index) || index < 0 || index >= exampleCount) {
        throw new ComputeError('INVALID_DATASET', `There is no example ${index}; the last is ${exampleCount - 1}.`, ['index']);
      }
      return toLevels((await dataset.read(index, 1)).images);
    });
  }

  datasetLabels(source: DatasetSource, offset: number, count: number): Promise<Int32Array> {
    return this.withDataset(source, async (dataset) => {
      const within = Math.max(0, Math.min(count, dataset.info.exampleCount - offset));
      return within === 0 ? new Int32Array() : (await dataset.read(offset, within)).labels;
    });
  }

  async evaluateShard(request: ShardRequest, signal?: AbortSignal, onProgress?: (progress: AttackProgress) => void): Promise<ShardResult> {
    // Before anything is loaded: a wrong parameter should not cost the time of a large model.
    if ('attack' in request) validateParameters(findAttack(request.attack.kind), request.attack.parameters);
    const engine = await this.getEngine();
    const kept = { preparations: this.preparations, cleanShards: this.cleanShards };
    const sources = 'attack' in request ? request.sources : undefined;
    const { evaluation } = request;
    const turn = evaluation === undefined ? undefined : <T>(work: () => Promise<T>) => this.turns.take(evaluation, work);
    return this.withModel(request.model, (model) =>
      this.withModels(sources ?? [], (opened) =>
        this.withDataset(request.dataset, (dataset) =>
          evaluateShard({
            ...request,
            engine,
            model,
            sources: sources && opened,
            dataset: this.batches.of(dataset),
            ...kept,
            turn,
            onProgress,
            signal,
          }),
        ),
      ),
    );
  }

  async certifyShard(request: CertificationRequest, signal?: AbortSignal): Promise<CertifiedShard> {
    const engine = await this.getEngine();
    return this.withModel(request.model, (model) =>
      this.withDataset(request.dataset, (dataset) => certifyShard({ ...request, engine, model, dataset, signal })),
    );
  }

  trainingStatistics(): Promise<TrainingStatistics> {
    return Promise.resolve(this.trainer.statistics());
  }

  train(request: TrainingRequest, until: number, resume: ResumePoint | undefined, signal?: AbortSignal): Promise<TrainedSegment> {
    return this.trainer.train(request, until, resume, signal);
  }

  async finishTraining(request: TrainingRequest, resume: ResumePoint, directory: string): Promise<ModelCard> {
    await this.trainer.finish(request, resume, directory);
    return this.inspectModel({ directory, spec: 'architecture' in request.model ? undefined : request.model.spec });
  }

  importImages(request: ImportRequest): Promise<{ count: number; images: Uint8Array | Float32Array }> {
    return this.withDataset(request.dataset, (dataset) => importImages({ ...request, dataset }));
  }

  async predictImages(request: PredictedRequest, signal?: AbortSignal): Promise<Predictions> {
    const engine = await this.getEngine();
    return this.withModel(request.model, (model) =>
      this.withDataset(request.dataset, (dataset) =>
        predictImages({ ...request, engine, model, dataset: this.batches.of(dataset), signal }),
      ),
    );
  }

  async predictTransformed(request: TransformedRequest, signal?: AbortSignal): Promise<TransformedPredictions> {
    const engine = await this.getEngine();
    return this.withModel(request.model, (model) =>
      this.withDataset(request.dataset, (dataset) => predictTransformed({ ...request, engine, model, dataset, signal })),
    );
  }

  async close(): Promise<void> {
    this.batches.clear();
    await this.trainer.close();
    await Promise.all([this.models.clear(), this.datasets.clear()]);
    await (await this.created?.catch(() => undefined))?.dispose();
    this.memory.close();
  }

  /** Made by the first call that needs it; a failure is reported to each. */
  private getEngine(): Promise<Engine> {
    return (this.created ??= createEngine({ ...this.options.engine, memory: this.memory }));
  }

  private async withModel<T>(source: ModelSource, fn: (model: AnyModel) => Promise<T> | T): Promise<T> {
    const [engine, stamp] = [await this.getEngine(), 'directory' in source ? await stampOfDirectory(source.directory) : ''];
    const { limits, options } = this;
    const remote = options.remote ?? DEFAULT_REMOTE_POLICY;
    const read = () => openModel(source, { engine, limits, remote, callEndpoint: options.callEndpoint });
    const open = async () => {
      if (!('directory' in source)) return read();
      return this.memory.reserve(COPIES_OF_FILES * (await bytesOfDirectory(source.directory)), 'Opening the model', read);
    };
    return this.models.use(JSON.stringify([source, stamp]), open, fn);
  }

  private withModels<T>([source, ...rest]: readonly ModelSource[], fn: (models: AnyModel[]) => Promise<T> | T): Promise<T> {
    if (!source) return Promise.resolve(fn([]));
    return this.withModel(source, (model) => this.withModels(rest, (models) => fn([model, ...models])));
  }

  private async withDataset<T>(source: DatasetSource, fn: (dataset: Dataset) => Promise<T> | T): Promise<T> {
    const { format, split, resizing, stored } = source;
    const key = JSON.stringify([format, split, resizing, stored?.id, await stampOfFiles(await datasetFiles(source))]);
    return this.datasets.use(key, () => openDataset(source, this.options.readStored), fn);
  }
}
