/**
 * `Compute` for everyone else: calls go to a process of its own, which may die without anyone else noticing. It is started when it is needed, started again when it has
 * died, and ended when it has had nothing to do for a while.
 * @module
 */
import { constants, mkdirSync } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { RangeReader } from '../data/index.js';
import type { EngineDescription, EngineOptions, EngineStatistics } from '../engine/index.js';
import { ComputeError, ComputeProcessLost, describeDeath, type ProcessDeath } from '../errors.js';
import { defaultBudget, type MemoryStatistics } from '../memory/index.js';
import { DEFAULT_REMOTE_POLICY, type ModelLimits, type RemotePolicy } from '../models/index.js';
import { closedError, ConfinedProcess, NO_SANDBOX, type Sandbox, sweepScratch } from '../process/index.js';
import type { TrainingStatistics } from '../training/index.js';
import { type Invoke, methodsOver } from './calls.js';
import { CountedOverProcesses } from './counted.js';
import { Endpoints } from './endpoints.js';
import type { ChildFunctions, Method, ParentFunctions } from './functions.js';
import type { ComputeProcessStatus, SupervisedCompute } from './types.js';

export interface ComputeOptions {
  readonly engine: Omit<EngineOptions, 'memory'>;
  /** What submitted models may cost; absent fields keep their defaults. */
  readonly limits?: Partial<ModelLimits>;
  /** How models behind endpoints are called. Default: at public addresses alone. */
  readonly remote?: RemotePolicy;
  /** Bytes of training images that are held in memory; larger data sets are read from their files as they are trained on. Default: 1 GiB. */
  readonly dataMemory?: number;
  /** Bytes of memory that the process may occupy, all of its threads included. Default: half of the machine's or the container's. */
  readonly memory?: number;
  /** Reads data sets of a store elsewhere for the process. */
  readonly readStored?: RangeReader;
  /** What the process may reach. Default: what this one may. */
  readonly sandbox?: Sandbox;
  /** Files and folders that it may read in a sandbox, beside the program: those of models, data sets, images and checkpoints. */
  readonly readable?: readonly string[];
  /** How long it may have nothing to do before it is ended. Default: 5 minutes. */
  readonly restMs?: number;
}

/** The longest that closing waits for the process, which ends by itself when onnxruntime has ended what it runs. */
const CLOSE_MS = 8_000;
const REST_MS = 300_000;

/** A process that was never busy is started again after so long, and after twice as long each time. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 30_000;

/** So often in a row it may end as it starts, before whoever waits for it is told. */
const MOST_FAILED_STARTS = 3;

/** What is within the budget is planned; what goes beyond it, such as a stranger's file that wants more, has the process ended. */
const CEILING = 1.5;
const LEAST_ABOVE_BUDGET = 2 ** 30;

/** Parts whose losses are remembered. */
const PARTS = 10_000;

const ENTRY = new URL('./process.js', import.meta.url);

/** The folder that a method writes into, by the position of its argument. */
const WRITTEN: Readonly<Partial<Record<Method, number>>> = { buildModel: 1, fitClassifier: 1, finishTraining: 2 };

/** Subfolders of the engine's cache. */
const CACHES = ['models', 'micro-batches'];

/**
 * Starts the process that computes and its engine.
 * @throws ComputeError ENGINE_UNAVAILABLE where the named engine cannot run here.
 */
export async function createCompute(options: ComputeOptions): Promise<SupervisedCompute> {
  await sweepScratch();
  const supervisor = new Supervisor(options);
  const compute: SupervisedCompute = {
    ...methodsOver((method, args, signal, onProgress) => supervisor.invoke({ method, args, signal, onProgress })),
    engine: () => supervisor.engine(),
    statistics: () => supervisor.statistics(),
    trainingStatistics: () => supervisor.trainingStatistics(),
    memoryStatistics: () => supervisor.memoryStatistics(),
    forPart(part, losses = 0) {
      const invoke: Invoke = (method, args, signal, onProgress) => supervisor.invoke({ method, args, signal, onProgress, part, losses });
      return { ...compute, ...methodsOver(invoke) };
    },
    processStatus: () => supervisor.status(),
    close: () => supervisor.close(),
  };
  try {
    await compute.engine();
    return compute;
  } catch (error) {
    await compute.close();
    throw error;
  }
}

interface CallRequest {
  readonly method: Method;
  readonly args: readonly unknown[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: never) => void;
  /** Of a job; undefined: of none. */
  readonly part?: string;
  /** How often in a row the process ended while it computed the part, as far as somebody else has seen it. */
  readonly losses?: number;
}

interface Call extends CallRequest {
  /** Whether the process has begun to work on it. */
  begun: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Running {
  readonly process: ConfinedProcess<ChildFunctions, ParentFunctions>;
  /** Of the process itself. */
  pid?: number;
  /** Whether it takes calls. */
  ready: boolean;
  /** It was told to end. */
  ending: boolean;
}

class Supervisor {
  private readonly endpoints: Endpoints;
  private readonly budget: number;
  private running: Running | undefined;
  private starting: NodeJS.Timeout | undefined;
  private resting: NodeJS.Timeout | undefined;
  /** Calls that no process has, and those that the running one has. */
  private waiting: Call[] = [];
  private readonly sent = new Set<Call>();
  /** How often in a row the process ended while it computed a part. */
  private readonly losses = new LRUCache<string, number>({ max: PARTS });
  private closed = false;
  private restarts = 0;
  /** Ends that nobody asked for since the last call that was answered. */
  private deathsInARow = 0;
  private lastDeath: string | undefined;
  private description: EngineDescription | undefined;
  private memory: MemoryStatistics | undefined;
  private readonly engineCounts = new CountedOverProcesses<EngineStatistics>();
  private readonly trainingCounts = new CountedOverProcesses<TrainingStatistics>();

  constructor(private readonly options: ComputeOptions) {
    this.endpoints = new Endpoints(options.remote ?? DEFAULT_REMOTE_POLICY);
    this.budget = options.memory ?? defaultBudget();
  }

  async engine(): Promise<EngineDescription> {
    if (this.closed) throw closedError();
    return (this.description ??= (await this.invoke({ method: 'engine', args: [] })) as EngineDescription);
  }

  async statistics(): Promise<EngineStatistics> {
    const counts = await this.ask<EngineStatistics>('statistics');
    return counts ? this.engineCounts.update(counts) : (this.engineCounts.total() ?? NO_RUNS);
  }

  async trainingStatistics(): Promise<TrainingStatistics> {
    const counts = await this.ask<TrainingStatistics>('trainingStatistics');
    return counts ? this.trainingCounts.update(counts) : (this.trainingCounts.total() ?? NO_TRAINING);
  }

  async memoryStatistics(): Promise<MemoryStatistics> {
    const found = await this.ask<MemoryStatistics>('memoryStatistics');
    if (found) return (this.memory = found);
    const released = this.memory?.released ?? 0;
    const none = { functions: 0, programs: 0, images: 0, models: 0, datasets: 0 };
    return { budget: this.budget, resident: 0, held: none, kept: none, released };
  }

  async status(): Promise<ComputeProcessStatus> {
    const { running, restarts, lastDeath = null, waiting, deathsInARow } = this;
    const beginning = deathsInARow === 0 ? 'starting' : 'restarting';
    const state =
      deathsInARow >= MOST_FAILED_STARTS ? 'failing' : running?.ready ? 'running' : waiting.length === 0 ? 'resting' : beginning;
    const residentBytes = (await running?.process.residentBytes()) ?? 0;
    return { state, pid: running?.pid ?? null, restarts, residentBytes, lastDeath, sandbox: (this.options.sandbox ?? NO_SANDBOX).kind };
  }

  /** Has the process make a call, now or when there is one. */
  invoke(request: CallRequest): Promise<unknown> {
    const { signal, part, losses = 0 } = request;
    let cancel = () => {};
    const called = new Promise((resolve, reject) => {
      if (this.closed) return reject(closedError());
      if (signal?.aborted) return reject(cancelled());
      if (part !== undefined && losses > (this.losses.get(part) ?? 0)) this.losses.set(part, losses);
      const call: Call = { ...request, begun: false, resolve, reject };
      cancel = () => {
        if (!this.waiting.includes(call)) return;
        this.waiting = this.waiting.filter((other) => other !== call);
        reject(cancelled());
      };
      signal?.addEventListener('abort', cancel, { once: true });
      clearTimeout(this.resting);
      this.waiting.push(call);
      this.dispatch();
    });
    return called.finally(() => signal?.removeEventListener('abort', cancel));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.starting);
    clearTimeout(this.resting);
    for (const call of [...this.waiting, ...this.sent]) call.reject(closedError());
    this.waiting = [];
    this.sent.clear();
    if (this.running) await this.end(this.running);
    this.endpoints.close();
  }

  /** Asks the process that there is, and does not count as use of it. */
  private async ask<T>(method: Method): Promise<T | undefined> {
    if (this.closed) throw closedError();
    if (!this.running?.ready || this.running.ending) return undefined;
    return (await this.running.process.call('compute', [method, []]).catch(() => undefined)) as T | undefined;
  }

  /** Sends what may be sent, to a process that is started where there is none. */
  private dispatch(): void {
    if (this.waiting.length === 0) return;
    const { running } = this;
    if (!running) return this.startLater();
    if (!running.ready || running.ending) return;
    let blocked = false;
    this.waiting = this.waiting.filter((call) => {
      // Others do not overtake a part that waits to be alone.
      if (call.part !== undefined && (blocked ||= !this.mayRun(call))) return true;
      this.send(running, call);
      return false;
    });
  }

  /** A part that has lost a process before is computed with no other part beside it: where it is lost again, it is known which one it was. */
  private mayRun(call: Call): boolean {
    const parts = [...this.sent].filter(({ part }) => part !== undefined && part !== call.part);
    return parts.length === 0 || (!this.isSuspect(call) && !parts.some((other) => this.isSuspect(other)));
  }

  private isSuspect({ part }: Call): boolean {
    return part !== undefined && (this.losses.get(part) ?? 0) > 0;
  }

  private send({ process }: Running, call: Call): void {
    this.sent.add(call);
    const { method, args, signal, onProgress } = call;
    const written = WRITTEN[method];
    const inside = written === undefined ? undefined : join(process.scratch, randomUUID());
    const make = async () => {
      if (inside !== undefined) await mkdir(inside);
      const withheld = this.endpoints.withheld(args);
      const given = inside === undefined ? withheld : withheld.map((value, i) => (i === written ? inside : value));
      const value = await process.call('compute', [method, given], { signal, onProgress, onBegin: () => (call.begun = true) });
      if (inside !== undefined) await moveContents(inside, args[written!] as string);
      return value;
    };
    make().then(
      (value) => {
        if (!this.sent.delete(call)) return;
        this.deathsInARow = 0;
        call.resolve(value);
        this.next();
      },
      (error: unknown) => {
        // Of a process that has ended, all calls are seen to together.
        if (!this.sent.delete(call)) return;
        this.deathsInARow = 0;
        call.reject(error);
        this.next();
      },
    );
  }

  private next(): void {
    this.dispatch();
    if (this.closed || this.sent.size > 0 || this.waiting.length > 0) return;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => void this.rest(), this.options.restMs ?? REST_MS).unref();
  }

  private async rest(): Promise<void> {
    const { running } = this;
    // For the last time, what it has counted.
    await Promise.all([this.statistics(), this.trainingStatistics(), this.memoryStatistics()]);
    if (running && running === this.running && this.sent.size === 0 && this.waiting.length === 0) await this.end(running);
  }

  private async end(running: Running): Promise<void> {
    running.ending = true;
    running.process.channel.notify('close', []);
    await running.process.end(CLOSE_MS);
  }

  private readStored(...range: Parameters<RangeReader>): Promise<Uint8Array> {
    const { readStored } = this.options;
    if (!readStored) throw new Error('There is no store to read data sets of.');
    return readStored(...range);
  }

  private startLater(): void {
    if (this.starting || this.closed) return;
    const delay = this.deathsInARow < 2 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.deathsInARow - 2));
    this.starting = setTimeout(() => {
      this.starting = undefined;
      this.start();
    }, delay);
  }

  private start(): void {
    const { sandbox = NO_SANDBOX, readable, engine, limits, remote, dataMemory } = this.options;
    const { log, ...engineOptions } = engine;
    const { cacheDirectory } = engine;
    const caches = cacheDirectory === undefined ? [] : CACHES.map((name) => join(cacheDirectory, name));
    for (const cache of caches) mkdirSync(cache, { recursive: true });
    const process = new ConfinedProcess<ChildFunctions, ParentFunctions>({
      entry: ENTRY,
      sandbox,
      readable,
      writable: caches,
      maxBytes: Math.max(CEILING * this.budget, this.budget + LEAST_ABOVE_BUDGET),
      handlers: {
        log: ([level, message]) => log?.(level, message),
        readStored: (range) => this.readStored(...range),
        callEndpoint: ([endpoint, message], signal) => this.endpoints.call(endpoint, message, signal),
      },
      onError: (line) => log?.('warn', `computing process: ${line}`),
    });
    const running: Running = { process, ready: false, ending: false };
    this.running = running;
    void process.ended.then((death) => this.onEnd(running, death));
    process.call('start', [{ engine: engineOptions, limits, remote, dataMemory, memory: this.budget }]).then(
      async () => {
        running.pid = await process.pid();
        running.ready = true;
        this.dispatch();
      },
      (error: unknown) => {
        // Of a process that has ended, everything is seen to when that is noticed.
        if (error instanceof ComputeProcessLost || this.closed) return;
        running.ending = true;
        void process.kill();
        for (const call of this.waiting.splice(0)) call.reject(error);
      },
    );
  }

  private onEnd(running: Running, death: ProcessDeath): void {
    this.running = undefined;
    this.engineCounts.end();
    this.trainingCounts.end();
    const sent = [...this.sent];
    this.sent.clear();
    running.process.channel.close(this.closed ? closedError() : new ComputeProcessLost(death));
    if (this.closed) return;
    this.waiting.unshift(...sent.filter(({ begun }) => !begun));
    if (!running.ending)
      this.onDeath(
        sent.filter(({ begun }) => begun),
        death,
      );
    if (!running.ready && this.deathsInARow >= MOST_FAILED_STARTS) {
      for (const call of this.waiting.splice(0)) call.reject(new ComputeProcessLost(death));
    }
    this.dispatch();
  }

  private onDeath(calls: readonly Call[], death: ProcessDeath): void {
    this.restarts++;
    this.deathsInARow++;
    this.lastDeath = describeDeath(death);
    this.options.engine.log?.('warn', `The computing process ended: ${this.lastDeath}. It is started again when it is next needed.`);
    const parts = new Set(calls.flatMap(({ part }) => part ?? []));
    for (const part of parts) this.losses.set(part, (this.losses.get(part) ?? 0) + 1);
    for (const call of calls) {
      call.reject(new ComputeProcessLost(death, call.part === undefined ? undefined : this.losses.get(call.part)));
    }
  }
}

const cancelled = () => new ComputeError('CANCELLED', 'The computation was cancelled.');

const NO_RUNS: EngineStatistics = { compilations: 0, diskHits: 0, compileSeconds: 0, cacheHits: 0, runs: 0, runSeconds: 0 };
const NO_TRAINING: TrainingStatistics = { steps: 0, images: 0, seconds: 0, dataSeconds: 0, waitSeconds: 0 };

/**
 * Files that the process has written, to where they are wanted: it can write nowhere else than in its own folder. What is no plain file, such as a link to something of ours,
 * is refused once it is out of the process's reach.
 */
async function moveContents(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    await rename(source, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV') throw error;
      return copyPlain(source, target);
    });
    if ((await lstat(target)).isFile()) continue;
    await rm(target, { recursive: true, force: true });
    throw new ComputeError('INTERNAL', 'The computing process wrote something that is no file.');
  }
}

async function copyPlain(source: string, target: string): Promise<void> {
  const file = await open(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    await writeFile(target, file.createReadStream({ autoClose: false }));
  } finally {
    await file.close();
  }
}
