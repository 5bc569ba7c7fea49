/** What the process that computes and whoever started it ask of each other. @module */
import type { RangeReader } from '../data/index.js';
import type { EngineOptions } from '../engine/index.js';
import type { EndpointCaller } from '../models/index.js';
import type { ServiceOptions } from './service.js';
import type { Compute } from './types.js';

/** Methods that can be called in another process. */
export type Method = Exclude<keyof Compute, 'close'>;

export interface ChildFunctions {
  /** Comes first. */
  start(
    options: Omit<ServiceOptions, 'engine' | 'callEndpoint' | 'readStored'> & { readonly engine: Omit<EngineOptions, 'log' | 'memory'> },
  ): void;
  compute(method: Method, args: readonly unknown[]): unknown;
  /** Ends the process. */
  close(): void;
}

export interface ParentFunctions {
  log(level: 'info' | 'warn', message: string): void;
  /** For a process without network. */
  callEndpoint(endpoint: Parameters<EndpointCaller>[0], message: Parameters<EndpointCaller>[1]): Uint8Array;
  /** For a process without network and without the store. */
  readStored(...range: Parameters<RangeReader>): Uint8Array;
}
