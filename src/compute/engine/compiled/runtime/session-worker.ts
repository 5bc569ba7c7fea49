import { Worker } from 'node:worker_threads';
import { ComputeError, fromPlainError } from '../../../errors.js';
import type { Call, Reply, Request } from './protocol.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A worker thread as an object: requests in, promises out. An idle one does not keep the process alive. */
export class SessionWorker {
  private readonly worker = new Worker(new URL('./worker.js', import.meta.url));
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;

  constructor() {
    this.worker.unref();
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error) => this.failAll(error));
    this.worker.on('exit', () => this.failAll(new Error('the worker thread has ended')));
  }

  call<T>(request: Request): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const id = this.nextId++;
      if (this.pending.size === 0) this.worker.ref();
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.worker.postMessage({ id, request } satisfies Call);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private settle(reply: Reply): void {
    const pending = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (this.pending.size === 0) this.worker.unref();
    if ('error' in reply) pending?.reject(fromPlainError(reply.error));
    else pending?.resolve(reply.result);
  }

  private failAll(cause: Error): void {
    const error = new ComputeError('INTERNAL', `A compute worker failed: ${cause.message}`, undefined, { cause });
    for (const pending of this.pending.values()) pending.reject(error);
    this.pending.clear();
  }
}
