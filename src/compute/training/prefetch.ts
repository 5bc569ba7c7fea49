/** Minibatches made in a thread of their own, a few steps ahead of the engine: read, decoded, moved and mirrored while it works. @module */
import { Worker } from 'node:worker_threads';
import { type Channel, openChannel, threadPort } from '../channel/index.js';
import { ComputeError } from '../errors.js';
import type { Minibatch, MinibatchesOptions } from './minibatch.js';

/** Minibatches that are made before they are asked for, and kept in memory. */
const LOOK_AHEAD = 4;

/** What the thread can be asked. */
export interface PrefetchFunctions {
  /** @param index of the minibatch. @returns also the seconds that making it took. */
  make(index: number): { readonly minibatch: Minibatch; readonly seconds: number };
  /** Ends the thread. */
  end(): void;
}

/** The same minibatches as `Minibatches` gives, asked for one after the other. */
export class PrefetchedMinibatches {
  /** Time that the thread has spent making them. */
  seconds = 0;
  private readonly pending = new Map<number, Promise<Minibatch>>();
  private readonly worker: Worker;
  private readonly channel: Channel<PrefetchFunctions>;
  private readonly ended: Promise<unknown>;

  constructor(options: MinibatchesOptions) {
    this.worker = new Worker(new URL('./prefetch-worker.js', import.meta.url), { workerData: options });
    this.channel = openChannel(threadPort(this.worker), {});
    // The first reason stays.
    const fail = (reason: string) =>
      this.channel.close(new ComputeError('INTERNAL', `The thread that makes minibatches ended: ${reason}.`));
    this.worker.once('error', (error) => fail(error.message));
    this.ended = new Promise((resolve) => this.worker.once('exit', resolve));
    void this.ended.then(() => fail('it was closed'));
  }

  /** @param index counted from 0, over all epochs; those before it are forgotten. @throws ComputeError as {@link Minibatches} does, or INTERNAL. */
  at(index: number): Promise<Minibatch> {
    for (const old of this.pending.keys()) if (old < index) this.pending.delete(old);
    for (let next = index; next <= index + LOOK_AHEAD; next++) if (!this.pending.has(next)) this.request(next);
    return this.pending.get(index)!;
  }

  /** Waits for what is in the making, so that no file is left open. */
  async dispose(): Promise<void> {
    this.channel.notify('end', []);
    await this.ended;
  }

  private request(index: number): void {
    const minibatch = this.channel.call('make', [index]).then(({ minibatch, seconds }) => {
      this.seconds += seconds;
      return minibatch;
    });
    // One that is never asked for must not end the process.
    minibatch.catch(() => undefined);
    this.pending.set(index, minibatch);
  }
}
