/** The door to `compute` for everything that answers requests: plain data in, plain data out, off the calling thread. @module */
import type { ParameterValues } from '../attacks/core/definition.js';
import type { DatasetInfo, DatasetSource } from '../data/types.js';
import type { TransformedPredictions, TransformedShard } from '../evaluation/transform.js';
import type { PredictedShard, Predictions } from '../evaluation/predict.js';
import type { Diagnostics } from '../evaluation/diagnostics.js';
import type { EngineDescription, EngineStatistics } from '../engine/types.js';
import type { CertifiedShard, SmoothedShard } from '../evaluation/certify.js';
import type { ImportedImages } from '../evaluation/imported-images.js';
import type { ModelFormat } from '../models/format.js';
import type { Activation } from '../models/architectures/types.js';
import type { Endpoint } from '../models/black-box/remote/endpoint.js';
import type { ModelAccess, ModelCard, ModelSpec } from '../models/types.js';
import type { TrainingRequest } from '../training/request.js';
import type { ResumePoint, TrainedStretch, TrainingStatistics } from '../training/trainer.js';

/** A model on disk: a folder with its files. */
export interface ModelFiles {
  /** Default: as the files say. */
  readonly format?: ModelFormat;
  /** Folder that holds an `.onnx` file, or `model.json` and its weight shards (they may lie deeper, once). */
  readonly directory: string;
  readonly spec?: Partial<ModelSpec>;
  /** The most that is shown of it. Default: gradients. */
  readonly access?: ModelAccess;
}

/** A model that answers over HTTP. */
export interface RemoteModel {
  readonly endpoint: Endpoint;
  /** With `inputShape` and `classCount`. */
  readonly spec: Partial<ModelSpec>;
}

export type ModelSource = ModelFiles | RemoteModel;

export interface ArchitectureRequest {
  /** Key of the registry of architectures, such as `mnist-cnn`, `resnet-20`. */
  readonly architecture: string;
  readonly seed: number;
  readonly classCount?: number;
  readonly inputShape?: readonly [number, number, number];
  /** ρ: factor on the number of channels and hidden units of each layer. Default: 1. */
  readonly width?: number;
  /** Default: the architecture's own. */
  readonly activation?: Activation;
  /** β of the activation `reluDecay`. Default: 0.1. */
  readonly activationBeta?: number;
  /** Share of the values before the logits that are dropped in training. Default: the architecture's own. */
  readonly dropout?: number;
}

export interface ShardRequest {
  readonly model: ModelSource;
  readonly dataset: DatasetSource;
  readonly attack: { readonly kind: string; readonly parameters: ParameterValues };
  readonly seed: number;
  readonly offset: number;
  readonly count: number;
  /** Return the adversarial images, 8 bits a channel. */
  readonly keepImages: boolean;
  /** Images to judge in place of running the attack, `[count, height, width, channels]` of 8 bits. */
  readonly made?: Uint8Array;
}

export interface ImportRequest extends Pick<ImportedImages, 'file' | 'array' | 'offset' | 'budget'> {
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

export interface CertificationRequest extends Omit<SmoothedShard, 'engine' | 'model' | 'dataset' | 'signal'> {
  readonly model: ModelSource;
  readonly dataset: DatasetSource;
}

/** Outcome of every example of a shard, in data-set order, arrays of length `count`. */
export interface ShardResult {
  readonly count: number;
  readonly labels: Int32Array;
  readonly cleanPrediction: Int32Array;
  readonly cleanConfidence: Float32Array;
  /** 1 where the label is among the five highest logits. */
  readonly cleanTop5: Uint8Array;
  readonly adversarialPrediction: Int32Array;
  readonly adversarialConfidence: Float32Array;
  readonly adversarialTop5: Uint8Array;
  /** The class that the attack aimed at; NaN where it had none. */
  readonly target: Float32Array;
  /** Distances between the stored 8-bit images: fractions of the pixel range (L∞, L2, L1), share of changed pixel values (L0). */
  readonly linf: Float32Array;
  readonly l2: Float32Array;
  readonly l1: Float32Array;
  readonly l0: Float32Array;
  /** Structural similarity to the original, and the same after alignment (PASS). */
  readonly ssim: Float32Array;
  readonly pass: Float32Array;
  readonly queries: Int32Array;
  readonly gradients: Int32Array;
  /** Examples whose stored image breaks the budget; must be 0. */
  readonly budgetViolations: number;
  readonly diagnostics: Diagnostics;
  /** Wall-clock time of the attack alone, for throughput: without compiling, and without the predictions before and after. */
  readonly seconds: number;
  readonly engine: EngineDescription;
  /** `[count, height, width, channels]`, where asked for. */
  readonly images?: Uint8Array;
}

/** Every method rejects with a ComputeError. */
export interface Compute {
  engine(): Promise<EngineDescription>;
  statistics(): Promise<EngineStatistics>;
  trainingStatistics(): Promise<TrainingStatistics>;
  /** Parses, imports and dry-runs (forward and, where there are gradients, backward) a model. */
  inspectModel(source: ModelSource): Promise<ModelCard>;
  /** Initialises a built-in architecture and writes it as a LayersModel into `directory`. */
  buildModel(request: ArchitectureRequest, directory: string): Promise<ModelCard>;
  /** An ONNX file of the model. @param batch images at once. */
  exportOnnx(files: ModelFiles, batch: number): Promise<Uint8Array>;
  inspectDataset(source: DatasetSource): Promise<DatasetInfo>;
  /** One image of a data set as PNG-ready bytes `[height, width, channels]`. */
  datasetImage(source: DatasetSource, index: number): Promise<Uint8Array>;
  evaluateShard(request: ShardRequest, signal?: AbortSignal): Promise<ShardResult>;
  /** Adversarial images that were made elsewhere, `[count, height, width, channels]`, in 8 bits. */
  importImages(request: ImportRequest): Promise<{ count: number; images: Uint8Array }>;
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
  train(request: TrainingRequest, until: number, resume: ResumePoint | undefined, signal?: AbortSignal): Promise<TrainedStretch>;
  /** Writes the model that training ended in as a LayersModel into `directory`. */
  finishTraining(request: TrainingRequest, resume: ResumePoint, directory: string): Promise<ModelCard>;
  close(): Promise<void>;
}
