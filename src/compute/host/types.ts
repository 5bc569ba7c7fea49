/** The door to `compute` for everything that answers requests: plain data in, plain data out, off the calling thread. @module */
import type {
  AttackedShard,
  AttackProgress,
  CertifiedShard,
  ImportedImages,
  ImportedShard,
  PredictedShard,
  Predictions,
  ShardResult,
  SmoothedShard,
  TransformedPredictions,
  TransformedShard,
} from '../evaluation/index.js';
import type { GamePlan, GameResult } from '../adversarial-classification/index.js';
import type { ClassifierPlan } from '../classifiers/index.js';
import type { CandidateData, CheckRequest } from './trial-examples.js';
import type { ArchitectureRequest, ModelCard, ModelFiles, ModelSource, OpenedFile } from '../models/index.js';
import type { DatasetInfo, DatasetSource } from '../data/index.js';
import type { Judging } from '../distances/index.js';
import type { MemoryStatistics } from '../memory/index.js';
import type { EngineDescription, EngineStatistics } from '../engine/index.js';
import type { ResumePoint, TrainedSegment, TrainingRequest, TrainingStatistics } from '../training/index.js';

interface ExamplesRequest {
  readonly model: ModelSource;
  readonly dataset: DatasetSource;
  readonly offset: number;
  readonly count: number;
  /** Return the adversarial images. */
  readonly keepImages: boolean;
  /** What success is decided on. Default: STORED. */
  readonly judging?: Judging;
  /** Predictions whose majority decides on the class of an image. Default: 1. */
  readonly predictions?: number;
  /** Name of the evaluation. Shards of one that are requested together take turns on the engine; each begins and ends beside the turns of others. */
  readonly evaluation?: string;
}

export interface AttackedRequest extends ExamplesRequest, Pick<AttackedShard, 'attack' | 'seed' | 'start'> {
  /** The models that the attack's parameters name, in their order. */
  readonly sources?: readonly ModelSource[];
}

export interface ImportedRequest extends ExamplesRequest, Pick<ImportedShard, 'imported'> {}

/** Adversarial images of an attack, or imported images. */
export type ShardRequest = AttackedRequest | ImportedRequest;

export interface ImportRequest extends Pick<ImportedImages, 'file' | 'array' | 'offset'> {
  readonly dataset: DatasetSource;
}

export interface TransformedRequest extends Pick<TransformedShard, 'offset' | 'adversarial' | 'steps' | 'seed'> {
  readonly model: ModelSource;
  readonly dataset: DatasetSource;
}

export interface PredictedRequest extends Pick<PredictedShard, 'offset' | 'count' | 'images'> {
  readonly model: ModelSource;
  readonly dataset: DatasetSource;
}

export interface ClassifierRequest {
  readonly plan: ClassifierPlan;
  readonly dataset: DatasetSource;
}

export interface GameRequest {
  readonly plan: GamePlan;
  readonly training: DatasetSource;
  readonly test: DatasetSource;
}

export interface CertificationRequest extends Omit<SmoothedShard, 'engine' | 'model' | 'dataset' | 'signal'> {
  readonly model: ModelSource;
  readonly dataset: DatasetSource;
}

/** Every method rejects with a ComputeError. */
export interface Compute {
  engine(): Promise<EngineDescription>;
  statistics(): Promise<EngineStatistics>;
  trainingStatistics(): Promise<TrainingStatistics>;
  /** What is kept in memory, and may be. */
  memoryStatistics(): Promise<MemoryStatistics>;
  /**
   * Parses, imports and dry-runs (forward and, where there are gradients, backward) a model.
   * @param candidates data sets that it may be of, whose images it is tried on.
   */
  inspectModel(source: ModelSource, candidates?: readonly CandidateData[], check?: CheckRequest): Promise<ModelCard>;
  /** Initialises a built-in architecture and writes it as a LayersModel into `directory`. */
  buildModel(request: ArchitectureRequest, directory: string): Promise<ModelCard>;
  /** Fits a classical classifier to a data set and writes it as ONNX into `directory`. */
  fitClassifier(request: ClassifierRequest, directory: string, signal?: AbortSignal): Promise<ModelCard>;
  /** What naive Bayes and an adversary get from each other, on two data sets. */
  playGame(request: GameRequest, signal?: AbortSignal): Promise<GameResult>;
  /** An ONNX file of the model. @param batch images at once. */
  exportOnnx(files: ModelFiles, batch: number): Promise<Uint8Array>;
  /** The ONNX file of a model of that format, as it was submitted, with its weights as they are: the graph of its author, its batch axis open where it can be. */
  exportSubmittedOnnx(files: ModelFiles): Promise<OpenedFile>;
  /** Weights as a safetensors file, under the names that the model's file has. */
  exportWeights(files: ModelFiles): Promise<Uint8Array>;
  inspectDataset(source: DatasetSource): Promise<DatasetInfo>;
  /** One image of a data set as PNG-ready bytes `[height, width, channels]`, rounded to 8 bits. */
  datasetImage(source: DatasetSource, index: number): Promise<Uint8Array>;
  /** Labels of the examples `offset` … `offset + count - 1`, fewer where the data set ends. */
  datasetLabels(source: DatasetSource, offset: number, count: number): Promise<Int32Array>;
  /** @param onProgress told how far it is, a few times a second. */
  evaluateShard(request: ShardRequest, signal?: AbortSignal, onProgress?: (progress: AttackProgress) => void): Promise<ShardResult>;
  /** Imported adversarial images, `[count, height, width, channels]`: 8 bits a channel, or fractions of the pixel range. */
  importImages(request: ImportRequest): Promise<{ count: number; images: Uint8Array | Float32Array }>;
  /** What a model makes of images of a data set, or of stored ones in their place. */
  predictImages(request: PredictedRequest, signal?: AbortSignal): Promise<Predictions>;
  /** Certified radii, by randomized smoothing. */
  certifyShard(request: CertificationRequest, signal?: AbortSignal): Promise<CertifiedShard>;
  /** What a model makes of transformed original and adversarial images. */
  predictTransformed(request: TransformedRequest, signal?: AbortSignal): Promise<TransformedPredictions>;
  /**
   * Trains up to the step `until` and measures. Ends in a checkpoint, to go on from.
   * @param resume where to go on; undefined at the beginning.
   */
  train(request: TrainingRequest, until: number, resume: ResumePoint | undefined, signal?: AbortSignal): Promise<TrainedSegment>;
  /** Writes the model that training ended in as a LayersModel into `directory`. */
  finishTraining(request: TrainingRequest, resume: ResumePoint, directory: string): Promise<ModelCard>;
  close(): Promise<void>;
}

/** The process that computes, as whoever started it sees it. */
export interface ComputeProcessStatus {
  /** `resting`: nothing is asked of it, and it is started when something is. `restarting`: it has ended, and work waits for the next. `failing`: it has ended several times in a row, and answered nothing. */
  readonly state: 'resting' | 'starting' | 'running' | 'restarting' | 'failing';
  readonly pid: number | null;
  /** Ends that nobody asked for. */
  readonly restarts: number;
  /** Memory that it occupies, without files that are mapped into it. */
  readonly residentBytes: number;
  /** How it last ended without being asked to, such as `SIGSEGV`. */
  readonly lastDeath: string | null;
  readonly sandbox: 'bubblewrap' | 'none';
}

/** `Compute` in a process of its own. Where that ends, calls under way are rejected with a `ComputeProcessLost`, and those that it had not begun go to the next. */
export interface SupervisedCompute extends Compute {
  /**
   * For a part of a job. One that the process ended with is computed again with no other part beside it; where the process ends again, the error's code is
   * `COMPUTE_CRASHED`, and says so.
   * @param losses how often in a row the process ended while it computed this part elsewhere.
   */
  forPart(part: string, losses?: number): Compute;
  processStatus(): Promise<ComputeProcessStatus>;
}
