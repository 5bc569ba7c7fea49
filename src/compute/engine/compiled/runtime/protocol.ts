/** Messages between an engine and its worker threads. @module */
import type { SerializedError } from '../../../errors.js';
import type { DType, HostData, HostTensor, HostTensors } from '../../../tensors/index.js';

/** How onnxruntime is to run a model. */
export interface SessionSettings {
  /** Execution provider: `cpu`, `webgpu`, `cuda`. */
  readonly provider: string;
  readonly threads: number;
  /** Whether it pays to hold weights a second time, in the order in which the processor wants them. */
  readonly runsOften: boolean;
}

/** What is computed, in the worker's memory: a session made from an ONNX model. */
export interface LoadRequest {
  readonly kind: 'load';
  readonly key: string;
  /** In shared memory, or the path of a file with its weights beside it. */
  readonly model: Uint8Array | string;
  readonly settings: SessionSettings;
}

export interface UnloadRequest {
  readonly kind: 'unload';
  readonly key: string;
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
  readonly kind: 'run';
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

/** Makes the state of a program, or replaces it. */
export interface WriteStateRequest {
  readonly kind: 'writeState';
  readonly state: HostTensors;
}

export interface ReadStateRequest {
  readonly kind: 'readState';
}

/** One step of the program whose session is `key`; answers with its outputs. */
export interface StepRequest {
  readonly kind: 'step';
  readonly key: string;
  readonly inputs: HostTensors;
}

/** Runs a model of one input and one output once, to see whether this build and processor can, and answers with its output. */
export interface ProbeRequest {
  readonly kind: 'probe';
  readonly model: Uint8Array;
  readonly input: HostTensor;
}

/** Ends the thread. */
export interface EndRequest {
  readonly kind: 'end';
}

export type Request =
  LoadRequest | UnloadRequest | RunRequest | WriteStateRequest | ReadStateRequest | StepRequest | ProbeRequest | EndRequest;

export interface Call {
  readonly id: number;
  readonly request: Request;
}

export type Reply = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: SerializedError };

/** Slots of {@link RunRequest.control}. */
export const NEXT = 0;
export const STOP = 1;

/** Names of a program's model: its state and what a step takes and gives. */
export const stateName = (name: string) => `state:${name}`;
export const stepName = (name: string) => `step:${name}`;
