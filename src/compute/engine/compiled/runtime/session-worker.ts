import { once } from 'node:events';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { ComputeError, deserializeError } from '../../../errors.js';
import type { Call, Reply, Request } from './protocol.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Of JavaScript's heap, in which there is little: tensors lie outside. */
const YOUNG_MB = 4;

/** A worker thread as an object: requests in, promises out. An idle one does not keep the process alive. */
export class SessionWorker {
  /** Told when the thread has ended by itself, with all that it held. The next call starts another. */
  onCrash: (error: ComputeError) => void = () => undefined;

  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private closed = false;

  async call<T>(request: Request): Promise<T> {
    if (this.closed) throw new ComputeError('CANCELLED', 'The engine was closed.');
    const worker = (this.worker ??= this.start());
    return new Promise<T>((resolve, reject) => {
      const id = this.nextId++;
      if (this.pending.size === 0) worker.ref();
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ id, request } satisfies Call);
    });
  }

  /** Ends the thread as soon as no model runs: terminated from outside meanwhile, onnxruntime-node would abort the whole process. */
  async end(): Promise<void> {
    this.closed = true;
    const { worker } = this;
    if (!worker) return;
    const ended = once(worker, 'exit');
    worker.ref();
    worker.postMessage({ id: this.nextId++, request: { kind: 'end' } } satisfies Call);
    await ended;
  }

  /** Ends an idle thread, with the memory that it takes, until the next call. It has no session. */
  rest(): void {
    const { worker } = this;
    if (!worker || this.pending.size > 0) return;
    this.worker = undefined;
    worker.postMessage({ id: this.nextId++, request: { kind: 'end' } } satisfies Call);
  }

  private start(): Worker {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      env: SHARE_ENV,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    worker.unref();
    worker.on('message', (reply: Reply) => this.handleReply(worker, reply));
    worker.once('error', (error) => this.onEnd(worker, error.message));
    worker.once('exit', (code) => this.onEnd(worker, `exit code ${code}`));
    return worker;
  }

  private handleReply(worker: Worker, reply: Reply): void {
    const pending = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (this.pending.size === 0) worker.unref();
    if ('error' in reply) pending?.reject(deserializeError(reply.error));
    else pending?.resolve(reply.result);
  }

  private onEnd(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    const error = this.closed
      ? new ComputeError('CANCELLED', 'The engine was closed.')
      : new ComputeError('INTERNAL', `A compute worker ended: ${reason}. Try again; a smaller model may fit into memory.`);
    for (const pending of this.pending.values()) pending.reject(error);
    this.pending.clear();
    if (!this.closed) this.onCrash(error);
  }
}
