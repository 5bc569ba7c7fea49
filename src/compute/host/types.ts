/** The door to `compute` for everything that answers requests: plain data in, plain data out, off the calling thread. @module */
import type { ParameterValues } from '../attacks/types.js';
import type { DatasetInfo, DatasetSource } from '../data/types.js';
import type { Diagnostics } from '../diagnostics.js';
import type { EngineDescription, EngineStatistics } from '../engine/types.js';
import type { ModelCard, ModelSpec } from '../models/types.js';

/** A model on disk: a folder with its files. */
export interface ModelFiles {
  readonly format: 'LAYERS_MODEL';
  /** Folder that holds `model.json` and its weight shards (`model.json` may lie deeper, once). */
  readonly directory: string;
  readonly spec?: Partial<ModelSpec>;
}

export interface ArchitectureRequest {
  /** Key of the registry of architectures, such as `mnist-cnn`, `resnet-20`. */
  readonly architecture: string;
  readonly seed: number;
  readonly classCount?: number;
  readonly inputShape?: readonly [number, number, number];
}

export interface ShardRequest {
  readonly model: ModelFiles;
  readonly dataset: DatasetSource;
  readonly attack: { readonly kind: string; readonly parameters: ParameterValues };
  readonly seed: number;
  readonly offset: number;
  readonly count: number;
  /** Return the adversarial images, 8 bits a channel. */
  readonly keepImages: boolean;
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
  /** Parses, imports and dry-runs (forward and gradient) a model. */
  inspectModel(files: ModelFiles): Promise<ModelCard>;
  /** Initialises a built-in architecture and writes it as a LayersModel into `directory`. */
  buildModel(request: ArchitectureRequest, directory: string): Promise<ModelCard>;
  inspectDataset(source: DatasetSource): Promise<DatasetInfo>;
  /** One image of a data set as PNG-ready bytes `[height, width, channels]`. */
  datasetImage(source: DatasetSource, index: number): Promise<Uint8Array>;
  evaluateShard(request: ShardRequest, signal?: AbortSignal): Promise<ShardResult>;
  close(): Promise<void>;
}
