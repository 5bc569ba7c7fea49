import { once } from 'node:events';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { type Channel, openChannel, threadPort } from '../../../channel/index.js';
import { ComputeError } from '../../../errors.js';
import type { SessionFunctions } from './protocol.js';

/** Of JavaScript's heap, in which there is little: tensors lie outside. */
const YOUNG_MB = 4;

interface Thread {
  readonly worker: Worker;
  readonly channel: Channel<SessionFunctions>;
  /** Calls under way. */
  calls: number;
}

/** A worker thread as an object: requests in, promises out. An idle one does not keep the process alive. */
export class SessionWorker {
  /** Told when the thread has ended by itself, with all that it held. The next call starts another. */
  onCrash: (error: ComputeError) => void = () => undefined;

  private thread: Thread | undefined;
  private closed = false;

  async call<M extends keyof SessionFunctions>(
    method: M,
    ...args: Parameters<SessionFunctions[M]>
  ): Promise<Awaited<ReturnType<SessionFunctions[M]>>> {
    if (this.closed) throw new ComputeError('CANCELLED', 'The engine was closed.');
    const thread = (this.thread ??= this.start());
    if (thread.calls++ === 0) thread.worker.ref();
    try {
      return (await thread.channel.call(method, args as never)) as Awaited<ReturnType<SessionFunctions[M]>>;
    } finally {
      if (--thread.calls === 0) thread.worker.unref();
    }
  }

  /** Starts the thread, so that the first call need not wait for it. */
  begin(): void {
    this.thread ??= this.start();
  }

  /** Ends the thread as soon as no model runs: terminated from outside meanwhile, onnxruntime-node would abort the whole process. */
  async end(): Promise<void> {
    this.closed = true;
    const { thread } = this;
    if (!thread) return;
    const ended = once(thread.worker, 'exit');
    thread.worker.ref();
    thread.channel.notify('end', []);
    await ended;
  }

  /** Ends an idle thread, with the memory that it takes, until the next call. It has no session. */
  rest(): void {
    const { thread } = this;
    if (!thread || thread.calls > 0) return;
    this.thread = undefined;
    thread.channel.notify('end', []);
  }

  private start(): Thread {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      env: SHARE_ENV,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const thread = { worker, channel: openChannel<SessionFunctions>(threadPort(worker), {}), calls: 0 };
    worker.unref();
    worker.once('error', (error) => this.onEnd(thread, error.message));
    worker.once('exit', (code) => this.onEnd(thread, `exit code ${code}`));
    return thread;
  }

  private onEnd(thread: Thread, reason: string): void {
    const error = this.closed
      ? new ComputeError('CANCELLED', 'The engine was closed.')
      : new ComputeError('INTERNAL', `A compute worker ended: ${reason}. Try again; a smaller model may fit into memory.`);
    thread.channel.close(error);
    if (this.thread !== thread) return;
    this.thread = undefined;
    if (!this.closed) this.onCrash(error);
  }
}
