/** What the calling thread and the computing thread say to each other. @module */
import type { SerializedError } from '../errors.js';
import type { Compute } from './types.js';

/** Methods that can be called across the threads. */
export type Method = Exclude<keyof Compute, 'close'>;

export type ToWorker =
  | { readonly type: 'call'; readonly id: number; readonly method: Method; readonly args: readonly unknown[] }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: SerializedError }
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly message: string };
