/** What an engine and its worker threads say to each other. @module */
import type { DType, HostData, HostTensor, HostTensors } from '../../../tensors/index.js';

/** How onnxruntime is to run a model. */
export interface SessionSettings {
  /** Execution provider: `cpu`, `webgpu`, `cuda`. */
  readonly provider: string;
  readonly threads: number;
  /** Whether it pays to hold weights a second time, in the order in which the processor wants them. */
  readonly runsOften: boolean;
  /** Path with which the file begins that says what every operator took. */
  readonly profile?: string;
}

/** What is computed, in the worker's memory: a session made from an ONNX model. */
export interface LoadRequest {
  readonly key: string;
  /** In shared memory, or the path of a file with its weights beside it. */
  readonly model: Uint8Array | string;
  readonly settings: SessionSettings;
}

/** One value of a batched run; `data` is in shared memory. */
export interface SharedTensor {
  readonly dtype: DType;
  /** Of one example, or of the whole value where `shared`. */
  readonly shape: readonly number[];
  readonly data: HostData;
  readonly shared?: boolean;
}

/** A worker's part in a batched run: it takes micro-batches from `next` until none is left. */
export interface RunRequest {
  readonly key: string;
  readonly inputs: Readonly<Record<string, SharedTensor>>;
  readonly outputs: Readonly<Record<string, SharedTensor>>;
  readonly examples: number;
  readonly microBatch: number;
  readonly repeat: number;
  readonly feedback: Readonly<Record<string, string>>;
  /** In shared memory: [next micro-batch, 1 where the run is to stop]. */
  readonly control: Int32Array;
}

/** One step of the program whose session is `key`; answers with its outputs. */
export interface StepRequest {
  readonly key: string;
  readonly inputs: HostTensors;
}

/** Runs a model of one input and one output once, to see whether this build and processor can, and answers with its output. */
export interface ProbeRequest {
  readonly model: Uint8Array;
  readonly input: HostTensor;
}

/** What a session worker can be asked. */
export interface SessionFunctions {
  load(request: LoadRequest): void;
  unload(key: string): void;
  run(request: RunRequest): void;
  step(request: StepRequest): HostTensors;
  /** Makes the state of a program, or replaces it. */
  writeState(state: HostTensors): void;
  readState(): HostTensors;
  probe(request: ProbeRequest): HostTensor;
  /** Ends the thread. */
  end(): void;
}

/** Slots of {@link RunRequest.control}. */
export const NEXT = 0;
export const STOP = 1;

/** Names of a program's model: its state and what a step takes and gives. */
export const stateName = (name: string) => `state:${name}`;
export const stepName = (name: string) => `step:${name}`;
