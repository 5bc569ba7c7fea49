/** Minibatches made in a thread of their own, a few steps ahead of the engine: read, decoded, moved and mirrored while it works. @module */
import { Worker } from 'node:worker_threads';
import { ComputeError, deserializeError, type SerializedError } from '../errors.js';
import type { Minibatch, MinibatchesOptions } from './minibatch.js';

/** Minibatches that are made before they are asked for, and kept in memory. */
const LOOK_AHEAD = 4;

/** The index of a minibatch, or that the thread is to end. */
export type Request = number | 'end';

export type Answer =
  | { readonly index: number; readonly minibatch: Minibatch; readonly seconds: number }
  | { readonly index: number; readonly error: SerializedError };

interface PendingMinibatch {
  readonly minibatch: Promise<Minibatch>;
  resolve(minibatch: Minibatch): void;
  reject(error: Error): void;
}

/** The same minibatches as `Minibatches` gives, asked for one after the other. */
export class PrefetchedMinibatches {
  /** Time that the thread has spent making them. */
  seconds = 0;
  private readonly pending = new Map<number, PendingMinibatch>();
  private readonly worker: Worker;
  private readonly ended: Promise<unknown>;
  private crash: ComputeError | undefined;

  constructor(options: MinibatchesOptions) {
    this.worker = new Worker(new URL('./prefetch-worker.js', import.meta.url), { workerData: options });
    this.worker.on('message', (answer: Answer) => {
      const wanted = this.pending.get(answer.index);
      if ('error' in answer) return wanted?.reject(deserializeError(answer.error));
      this.seconds += answer.seconds;
      wanted?.resolve(answer.minibatch);
    });
    this.worker.once('error', (error) => this.fail(error.message));
    this.ended = new Promise((resolve) => this.worker.once('exit', resolve));
    void this.ended.then(() => this.fail('it was closed'));
  }

  /** @param index counted from 0, over all epochs; those before it are forgotten. @throws ComputeError as {@link Minibatches} does, or INTERNAL. */
  at(index: number): Promise<Minibatch> {
    if (this.crash) return Promise.reject(this.crash);
    for (const old of this.pending.keys()) if (old < index) this.pending.delete(old);
    for (let next = index; next <= index + LOOK_AHEAD; next++) if (!this.pending.has(next)) this.request(next);
    return this.pending.get(index)!.minibatch;
  }

  /** Waits for what is in the making, so that no file is left open. */
  async dispose(): Promise<void> {
    this.send('end');
    await this.ended;
  }

  private request(index: number): void {
    let callbacks: Pick<PendingMinibatch, 'resolve' | 'reject'>;
    const minibatch = new Promise<Minibatch>((resolve, reject) => (callbacks = { resolve, reject }));
    // One that is never asked for must not end the process.
    minibatch.catch(() => undefined);
    this.pending.set(index, { minibatch, ...callbacks! });
    this.send(index);
  }

  private send(request: Request): void {
    this.worker.postMessage(request);
  }

  /** The first reason stays. */
  private fail(reason: string): void {
    this.crash ??= new ComputeError('INTERNAL', `The thread that makes minibatches ended: ${reason}.`);
    for (const { reject } of this.pending.values()) reject(this.crash);
  }
}
