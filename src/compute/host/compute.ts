/** `Compute` for every other thread: calls go to a thread of their own, so that no computation holds up the caller's event loop. @module */
import { setTimeout } from 'node:timers/promises';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { EngineOptions } from '../engine/index.js';
import { ComputeError, deserializeError } from '../errors.js';
import type { ModelLimits, RemotePolicy } from '../models/index.js';
import type { FromWorker, Method, ToWorker } from './messages.js';
import type { Compute } from './types.js';

export interface ComputeOptions {
  readonly engine: EngineOptions;
  /** What submitted models may cost; absent fields keep their defaults. */
  readonly limits?: Partial<ModelLimits>;
  /** How models behind endpoints are called. Default: at public addresses alone. */
  readonly remote?: RemotePolicy;
  /** Bytes of training images that are held in memory; larger data sets are read from their files as they are trained on. Default: 1 GiB. */
  readonly dataMemory?: number;
  /** Bytes of memory that the process may occupy, all of its threads included. Default: half of the machine's or the container's. */
  readonly memory?: number;
}

/**
 * The longest that closing waits for the thread, which ends by itself when onnxruntime has ended what it runs. Terminated meanwhile, it would now
 * and then abort the whole process, and leave everything else unclosed.
 */
const CLOSE_MS = 8_000;

/**
 * Starts the computing thread and its engine.
 * @throws ComputeError ENGINE_UNAVAILABLE where the named engine cannot run here.
 */
export async function createCompute(options: ComputeOptions): Promise<Compute> {
  const compute = new ThreadedCompute(options);
  try {
    await compute.engine();
    return compute;
  } catch (error) {
    await compute.close();
    throw error;
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ComputeError) => void;
}

class ThreadedCompute implements Compute {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;
  private closed = false;

  constructor(private readonly options: ComputeOptions) {}

  readonly engine = () => this.call<'engine'>('engine', []);
  readonly statistics = () => this.call<'statistics'>('statistics', []);
  readonly inspectModel: Compute['inspectModel'] = (source, candidates) => this.call<'inspectModel'>('inspectModel', [source, candidates]);
  readonly buildModel: Compute['buildModel'] = (request, directory) => this.call<'buildModel'>('buildModel', [request, directory]);
  readonly exportOnnx: Compute['exportOnnx'] = (files, batch) => this.call<'exportOnnx'>('exportOnnx', [files, batch]);
  readonly inspectDataset: Compute['inspectDataset'] = (source) => this.call<'inspectDataset'>('inspectDataset', [source]);
  readonly datasetImage: Compute['datasetImage'] = (source, index) => this.call<'datasetImage'>('datasetImage', [source, index]);
  readonly evaluateShard: Compute['evaluateShard'] = (request, signal) => this.call<'evaluateShard'>('evaluateShard', [request], signal);

  readonly memoryStatistics = () => this.call<'memoryStatistics'>('memoryStatistics', []);
  readonly trainingStatistics = () => this.call<'trainingStatistics'>('trainingStatistics', []);
  readonly train: Compute['train'] = (request, until, resume, signal) => this.call<'train'>('train', [request, until, resume], signal);
  readonly finishTraining: Compute['finishTraining'] = (request, resume, directory) =>
    this.call<'finishTraining'>('finishTraining', [request, resume, directory]);

  readonly importImages: Compute['importImages'] = (request) => this.call<'importImages'>('importImages', [request]);

  readonly predictImages: Compute['predictImages'] = (request, signal) => this.call<'predictImages'>('predictImages', [request], signal);

  readonly certifyShard: Compute['certifyShard'] = (request, signal) => this.call<'certifyShard'>('certifyShard', [request], signal);

  readonly predictTransformed: Compute['predictTransformed'] = (request, signal) =>
    this.call<'predictTransformed'>('predictTransformed', [request], signal);

  async close(): Promise<void> {
    this.closed = true;
    this.rejectAll(new ComputeError('CANCELLED', 'Computing was closed.'));
    const worker = this.worker;
    if (!worker) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.send(worker, { type: 'close' });
    await Promise.race([ended, setTimeout(CLOSE_MS, undefined, { ref: false })]);
    worker.unref();
  }

  private call<M extends Method>(method: M, args: readonly unknown[], signal?: AbortSignal): ReturnType<Compute[M]>;
  private async call(method: Method, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    if (this.closed) throw new ComputeError('CANCELLED', 'Computing was closed.');
    if (signal?.aborted) throw new ComputeError('CANCELLED', 'The computation was cancelled.');
    const id = ++this.lastId;
    const worker = (this.worker ??= this.start());
    const cancel = () => this.send(worker, { type: 'cancel', id });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.pending.set(id, { resolve, reject });
        this.send(worker, { type: 'call', id, method, args });
      });
    } finally {
      this.pending.delete(id);
      signal?.removeEventListener('abort', cancel);
    }
  }

  private send(worker: Worker, message: ToWorker): void {
    worker.postMessage(message);
  }

  private start(): Worker {
    const { log, ...engine } = this.options.engine;
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { ...this.options, engine }, env: SHARE_ENV });
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'log') log?.(message.level, message.message);
      else if (message.type === 'result') this.pending.get(message.id)?.resolve(message.value);
      else this.pending.get(message.id)?.reject(deserializeError(message.error));
    });
    worker.once('error', (error) => this.onEnd(worker, error.message));
    worker.once('exit', (code) => this.onEnd(worker, `exit code ${code}`));
    return worker;
  }

  /** The thread ended, as it does when memory runs out. What was pending fails; the next call starts a new one. */
  private onEnd(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    if (this.closed) return;
    this.options.engine.log?.('warn', `The computing thread ended: ${reason}. It is started again when it is next needed.`);
    this.rejectAll(
      new ComputeError('INTERNAL', `The computing thread ended: ${reason}. Try again; a smaller model or shard may fit into memory.`),
    );
  }

  private rejectAll(error: ComputeError): void {
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}
