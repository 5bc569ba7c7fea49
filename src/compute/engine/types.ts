/**
 * The engine's contract: how a tensor function written with TensorFlow.js ops is run.
 *
 * Glossary. *Tensor function*: a pure function of tfjs tensors, static in shape, no data-dependent control flow, no `dataSync`, no random op.
 * *Batched function*: one whose per-example inputs and outputs have the batch on axis 0, so the engine may split a batch as it likes.
 * *Program*: a function of concrete shapes with a state that stays inside the engine between steps (training).
 * @module
 */
import type { MemoryBudget } from '../memory/index.js';
import type { DType, HostTensors, Tensors } from '../tensors/index.js';
import type { EngineName } from './names.js';

export interface BatchedInput {
  readonly dtype: DType;
  /** Shape of one example, without the batch axis; of the whole value where `shared`. */
  readonly shape: readonly number[];
  /** The same value for every example (no batch axis), such as a step count. Default: false. */
  readonly shared?: boolean;
}

export interface BatchedFunctionSpec {
  /** What the function computes, such as `fgsm.step`. With `fingerprint` and `inputs`, the cache key. */
  readonly name: string;
  /** Hash of everything that `fn` closes over: weights, model spec, hyperparameters. */
  readonly fingerprint: string;
  readonly inputs: Readonly<Record<string, BatchedInput>>;
  /** Most examples that a run will have, where they are few: the engine then does not search for the best size of micro-batch. */
  readonly fewExamples?: number;
  /** Whether what it holds in memory is released after a run. */
  readonly runsOnce?: boolean;
  /** Every output has the batch on axis 0. Example i of the outputs depends on example i of the inputs alone. */
  fn(inputs: Tensors): Tensors;
}

export interface RunOptions {
  /** Run the function this many times (default 1), feeding outputs back as `feedback` says: an iterative attack's steps. */
  readonly repeat?: number;
  /** Which output becomes which input of the next repetition, such as `{ adversarial: 'adversarial' }`. */
  readonly feedback?: Readonly<Record<string, string>>;
  /** Stops between micro-batches with a ComputeError of code CANCELLED. */
  readonly signal?: AbortSignal;
  /** Of a model that takes random values: which of several draws, from 0. A model with a seed draws the same values for the same image and draw. */
  readonly draw?: number;
}

export interface BatchedFunction {
  /** @param inputs per-example inputs `[n, ...shape]`, the same n for all, any n ≥ 0; results do not depend on how n is split. */
  run(inputs: HostTensors, options?: RunOptions): Promise<HostTensors>;
}

export interface ProgramSpec {
  readonly name: string;
  readonly fingerprint: string;
  /** Initial state: weights, optimizer slots, moving statistics, step counter. */
  readonly state: HostTensors;
  /** Concrete shapes, batch included. */
  readonly inputs: Readonly<Record<string, { readonly dtype: DType; readonly shape: readonly number[] }>>;
  /** One step. The new state has exactly the keys, shapes and dtypes of the old. */
  fn(state: Tensors, inputs: Tensors): { state: Tensors; outputs: Tensors };
}

export interface Program {
  step(inputs: HostTensors): Promise<HostTensors>;
  readState(): Promise<HostTensors>;
  writeState(state: HostTensors): Promise<void>;
  dispose(): Promise<void>;
}

export interface EngineDescription {
  /** `compiled` or `eager`. */
  readonly kind: 'compiled' | 'eager';
  /** Execution provider or tfjs backend: `cpu`, `webgpu`, `cuda`, `tensorflow`. */
  readonly provider: string;
  /** Sessions that run side by side, one thread each (compiled), or 1. */
  readonly threads: number;
  /** Versions of the packages that compute, such as `{ 'onnxruntime-node': '1.30.0', '@tensorflow/tfjs-core': '4.22.0' }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** One line for logs and results, such as `compiled/cpu (onnxruntime-node 1.30.0, 2 sessions)`. */
  readonly label: string;
}

/** Counters since start, for the metrics endpoint. */
export interface EngineStatistics {
  /** Models traced and optimized, one for each function and size of micro-batch. */
  readonly compilations: number;
  /** Models found on disk instead. */
  readonly diskHits: number;
  /** Making or finding models and loading them. */
  readonly compileSeconds: number;
  /** Functions asked for that were in memory. */
  readonly cacheHits: number;
  readonly runs: number;
  readonly runSeconds: number;
}

export interface Engine {
  readonly description: EngineDescription;
  /** Compiles, or finds in the cache. Safe to call before every run. */
  batched(spec: BatchedFunctionSpec): Promise<BatchedFunction>;
  program(spec: ProgramSpec): Promise<Program>;
  statistics(): EngineStatistics;
  dispose(): Promise<void>;
}

export type { EngineName };

export interface EngineOptions {
  readonly engine: EngineName;
  /** Sessions of one thread each; default: the number of cores. */
  readonly threads?: number;
  /** Most compiled functions kept in memory, as far as `memory` has room for them; the least recently used leave first. Default: 32. */
  readonly cacheSize?: number;
  /** Examples computed at once; default: chosen per function by a short measurement (compiled) or 64 (eager). Set it where runs must match to the last bit. */
  readonly microBatch?: number;
  /** Folder in which compiled engines keep models and what they find out by measuring; default: nothing is kept. */
  readonly cacheDirectory?: string;
  /** Most bytes of compiled models kept there; the least recently used leave first. Default: 1 GiB. */
  readonly cacheMaximumBytes?: number;
  /** Path with which files begin that onnxruntime writes for each session: what every operator took. Default: none. */
  readonly profile?: string;
  /** What computing may keep in memory. Default: half of the machine's memory. */
  readonly memory?: MemoryBudget;
  readonly log?: (level: 'info' | 'warn', message: string) => void;
}
