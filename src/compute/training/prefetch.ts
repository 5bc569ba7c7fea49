/** Minibatches made in a thread of their own, a few steps ahead of the engine: decoded, shuffled, moved and mirrored while it works. @module */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ComputeError } from '../errors.js';
import type { Minibatch, MinibatchesOptions } from './minibatch.js';

/** Minibatches that are made before they are asked for, and kept in memory. */
const LOOK_AHEAD = 4;

/** What the thread answers; a request is the index alone. */
export interface MadeMinibatch {
  readonly index: number;
  readonly minibatch: Minibatch;
  readonly seconds: number;
}

interface Wanted {
  readonly minibatch: Promise<Minibatch>;
  resolve(minibatch: Minibatch): void;
  reject(error: Error): void;
}

/** The same minibatches as `Minibatches` gives, asked for one after the other. */
export class PrefetchedMinibatches {
  /** Time that the thread has spent making them. */
  seconds = 0;
  private readonly wanted = new Map<number, Wanted>();
  private readonly worker: Worker;
  private crash: ComputeError | undefined;

  /** Starts the thread, which shares the data set's memory. */
  constructor(options: MinibatchesOptions) {
    const images = new Uint8Array(new SharedArrayBuffer(options.data.images.length));
    images.set(options.data.images);
    const workerData: MinibatchesOptions = { ...options, data: { ...options.data, images } };
    this.worker = new Worker(new URL('./prefetch-worker.js', import.meta.url), { workerData });
    this.worker.on('message', ({ index, minibatch, seconds }: MadeMinibatch) => {
      this.seconds += seconds;
      this.wanted.get(index)?.resolve(minibatch);
    });
    this.worker.once('error', (error) => this.fail(error.message));
    this.worker.once('exit', () => this.fail('it was closed'));
  }

  /** @param index counted from 0, over all epochs; those before it are forgotten. */
  at(index: number): Promise<Minibatch> {
    if (this.crash) return Promise.reject(this.crash);
    for (const old of this.wanted.keys()) if (old < index) this.wanted.delete(old);
    for (let next = index; next <= index + LOOK_AHEAD; next++) if (!this.wanted.has(next)) this.request(next);
    return this.wanted.get(index)!.minibatch;
  }

  async dispose(): Promise<void> {
    const ended = once(this.worker, 'exit');
    await this.worker.terminate();
    await ended;
  }

  private request(index: number): void {
    let settle: Pick<Wanted, 'resolve' | 'reject'>;
    const minibatch = new Promise<Minibatch>((resolve, reject) => (settle = { resolve, reject }));
    // One that is never asked for must not end the process.
    minibatch.catch(() => undefined);
    this.wanted.set(index, { minibatch, ...settle! });
    this.worker.postMessage(index);
  }

  /** The first reason stays. */
  private fail(reason: string): void {
    this.crash ??= new ComputeError('INTERNAL', `The thread that makes minibatches ended: ${reason}.`);
    for (const { reject } of this.wanted.values()) reject(this.crash);
  }
}
