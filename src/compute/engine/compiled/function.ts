/** A batched function, compiled for as many sizes of micro-batch as have been needed. @module */
import { allocate, bytesPerElement, concatenate, type HostTensor, type HostTensors, rows, sizeOf, viewOf } from '../../tensors/index.js';
import { checkBatch, checkFeedback, throwIfAborted, zeroExample } from '../checks.js';
import { secondsSince } from '../statistics.js';
import { compileToModel, largestValue } from './compile.js';
import { evenPart, inOneSize, inSeveralSizes, type Stretch, timeOf } from './micro-batches.js';
import { chooseMicroBatch, SMALLEST } from './tuning.js';
import { NEXT, type RunRequest, type SharedTensor, STOP } from './runtime/protocol.js';
import { type Holding, residentBytes } from '../../memory/index.js';
import { sessionBytes } from './model-cache.js';
import type { CompiledContext } from './context.js';
import type { SessionWorker } from './runtime/session-worker.js';
import type { Spec } from './graph.js';
import type { BatchedFunctionSpec, RunOptions } from '../types.js';

/** Bounds of a measurement; what else the machine does makes single runs slower, never faster. */
const MEASURE_RUNS = 8;
const MEASURE_SECONDS = 0.1;

/** Of what the budget leaves for one thing, that a function takes at most where a smaller micro-batch takes less: others are used in turn with it. */
const SHARE_OF_MEMORY = 0.5;

/** Of micro-batches, that a function comes to have where it computes in several. */
const SIZES = 3;

/** The function at one size of micro-batch. */
interface Loaded {
  readonly key: string;
  readonly size: number;
  /** That it is loaded in: all, or fewer where its smallest micro-batch does not fit in as many at once. */
  readonly workers: readonly SessionWorker[];
  readonly outputs: Readonly<Record<string, Spec>>;
  readonly holding: Holding;
  /** Bytes that its first run will take in these workers, which they keep; then 0. */
  coming: number;
  released: boolean;
}

/** Of sessions, never used again: one that is compiled again may be loaded while its predecessor is unloaded. */
let nextKey = 0;

export class CompiledFunction {
  private readonly sizes = new Map<number, Promise<Loaded>>();
  /** Of `sizes`, what is loaded: whoever releases one must not wait for another, which may be waiting for that very room. */
  private readonly ready = new Map<number, Loaded>();
  private best?: Promise<number>;
  /** Larger micro-batches take too much memory. */
  private largest = Infinity;
  private running = 0;
  private evicted = false;
  /** Of the size that was loaded last. */
  private loadSeconds = 0;
  /** That would have been saved so far by computing in several sizes. */
  private idleSeconds = 0;

  /** @param key name, fingerprint and inputs of the function. */
  constructor(
    private readonly key: string,
    private readonly spec: BatchedFunctionSpec,
    private readonly context: CompiledContext,
    /** Told when nothing of it is loaded any more. */
    private readonly onRelease: () => void,
  ) {}

  /** Compiles the function and finds the best size of micro-batch, unless that has been done. */
  async prepare(): Promise<void> {
    await this.load(Math.min(this.largest, await this.bestSize()));
  }

  async run(inputs: HostTensors, options: RunOptions = {}): Promise<HostTensors> {
    const start = performance.now();
    const n = checkBatch(this.spec, inputs);
    throwIfAborted(options.signal);
    this.running++;
    try {
      const parts: HostTensors[] = [];
      const { stretches, idle } = await this.shareOut(n);
      for (const { from, to, size } of stretches) {
        const part = await this.withLoaded(size, to - from, async (loaded) => {
          checkFeedback(this.spec, Object.keys(loaded.outputs), options.feedback ?? {});
          const began = performance.now();
          const outputs = await this.execute(loaded, this.slice(inputs, from, to, n), to - from, options);
          this.idleSeconds += idle * secondsSince(began);
          return outputs;
        });
        parts.push(part);
      }
      const outputs = concatenate(parts);
      throwIfAborted(options.signal);
      this.context.counters.runs++;
      this.context.counters.runSeconds += secondsSince(start);
      return outputs;
    } finally {
      this.running--;
      if (this.evicted) await this.dispose();
    }
  }

  /** Unloads the sessions, as soon as no run uses them. */
  async dispose(): Promise<void> {
    this.evicted = true;
    if (this.running > 0) return;
    const loaded = await Promise.allSettled(this.sizes.values());
    this.sizes.clear();
    this.ready.clear();
    await Promise.all(loaded.map((result) => result.status === 'fulfilled' && this.unload(result.value)));
  }

  /** Runs `fn` on n examples with the function loaded, and room for the memory that its first run takes. */
  private async withLoaded<T>(size: number, n: number, fn: (loaded: Loaded) => Promise<T>): Promise<T> {
    for (;;) {
      const loaded = await this.load(size);
      // Released for want of room since it was loaded.
      if (loaded.released) continue;
      return loaded.holding.use(() => (loaded.coming > 0 ? this.firstRun(loaded, n, () => fn(loaded)) : fn(loaded)));
    }
  }

  private async firstRun<T>(loaded: Loaded, n: number, run: () => Promise<T>): Promise<T> {
    const { memory } = this.context;
    // What is exchanged refuses nothing: it was asked when the function was loaded whether it fits.
    const bytes = Math.min(memory.available, loaded.coming + this.exchangedBytes(loaded, n));
    loaded.coming = 0;
    const result = await memory.reserve(bytes, this.title(loaded.size), async () => {
      const before = residentBytes();
      const outputs = await run();
      loaded.holding.bytes += Math.max(0, residentBytes() - before);
      return outputs;
    });
    await memory.settle();
    return result;
  }

  /** Of inputs in memory that threads share, and of outputs there and in ordinary memory. */
  private exchangedBytes({ outputs }: Loaded, n: number): number {
    const given = Object.values(this.spec.inputs).map(
      ({ dtype, shape, shared }) => (shared ? 1 : n) * sizeOf(shape) * bytesPerElement(dtype),
    );
    const found = Object.values(outputs).map(({ dtype, shape }) => 2 * n * sizeOf(shape.slice(1)) * bytesPerElement(dtype));
    return [...given, ...found].reduce((sum, bytes) => sum + bytes, 0);
  }

  private title(size: number): string {
    return `Running ${this.spec.name} on ${size} image${size > 1 ? 's' : ''} at once`;
  }

  private bestSize(): Promise<number> {
    this.best ??= this.findBestSize();
    return this.best;
  }

  private async findBestSize(): Promise<number> {
    if (this.context.microBatch !== undefined) return this.context.microBatch;
    if (this.spec.fewExamples !== undefined) return this.spec.fewExamples === 1 ? 1 : evenPart(this.spec.fewExamples, this.context.threads);
    return this.context.chosenSizes.findOr(this.key, () =>
      chooseMicroBatch(largestValue(this.inputsFor(1), this.spec.fn), (size) => this.measure(size)),
    );
  }

  /**
   * Several sizes once they would have saved as much as loading them takes: whoever asks once is not to wait for them. No number depends on it.
   * @returns `idle`: of the time of these stretches, the share that several sizes would save.
   */
  private async shareOut(n: number): Promise<{ stretches: Stretch[]; idle: number }> {
    const best = Math.min(this.largest, await this.bestSize());
    const { microBatch, threads } = this.context;
    if (microBatch !== undefined || n === 0) return { stretches: [{ from: 0, to: n, size: best }], idle: 0 };
    const one = inOneSize(n, threads, best);
    const several = this.spec.fewExamples === undefined ? inSeveralSizes(n, threads, best) : one;
    if (this.idleSeconds > SIZES * this.loadSeconds) return { stretches: several, idle: 0 };
    return { stretches: one, idle: Math.max(0, 1 - timeOf(several) / timeOf(one)) };
  }

  /** Examples `from` to `to` of n. */
  private slice(inputs: HostTensors, from: number, to: number, n: number): HostTensors {
    if (to - from === n) return inputs;
    return Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [name, this.spec.inputs[name]!.shared ? value : rows(value, from, to)]),
    );
  }

  private load(size: number): Promise<Loaded> {
    const known = this.sizes.get(size);
    if (known) return known;
    const loading = this.compileFitting(size);
    this.sizes.set(size, loading);
    loading.then(
      (loaded) => (loaded.released ? this.sizes.delete(size) : this.ready.set(size, loaded)),
      // A failure is told to whoever waits; the next caller tries again.
      () => this.sizes.delete(size),
    );
    return loading;
  }

  /** At this size, or a smaller one that takes less memory. */
  private async compileFitting(size: number): Promise<Loaded> {
    const found = await this.compileFor(size, true);
    if (typeof found !== 'number') return found;
    this.largest = found;
    return this.load(found);
  }

  /** @param keep on disk, for later processes. @returns a smaller size where this one takes too much memory. */
  private async compileFor(size: number, keep: boolean): Promise<Loaded | number> {
    const start = performance.now();
    const { target, models, workers, counters, memory, profile } = this.context;
    const inputs = this.inputsFor(size);
    const { name, fingerprint, fn } = this.spec;
    const model = await models.findOr([name, fingerprint, inputs, target], () => compileToModel(inputs, fn, target), keep);
    const key = `${nextKey++} ${name} ${size}`;
    const settings = { provider: target.provider, threads: 1, profile, runsOften: this.spec.fewExamples === undefined };
    const weights = sessionBytes(model);
    try {
      const room = (SHARE_OF_MEMORY * memory.available) / workers.length - weights;
      if (this.mayShrink(size) && model.workingBytes > room) return fittingSize(size, model.workingBytes, room);
      const bytesEach = weights + model.workingBytes;
      memory.check(bytesEach, this.title(size));
      const chosen = workers.slice(0, Math.max(1, Math.floor(memory.available / bytesEach)));
      return await memory.reserve(chosen.length * weights, this.title(size), async () => {
        const before = residentBytes();
        await Promise.all(chosen.map((worker) => worker.call('load', { key, model: model.source, settings })));
        this.loadSeconds = secondsSince(start);
        counters.compileSeconds += this.loadSeconds;
        const bytes = Math.max(0, residentBytes() - before);
        const loaded: Loaded = {
          ...{ key, size, workers: chosen, outputs: model.outputs, coming: chosen.length * model.workingBytes, released: false },
          holding: memory.hold('functions', bytes, () => this.release(loaded)),
        };
        return loaded;
      });
    } finally {
      await model.release();
    }
  }

  /** Micro-batches of one image only where there is one, and those of a fixed size as they are: others would end in other last digits. */
  private mayShrink(size: number): boolean {
    return this.context.microBatch === undefined && size > SMALLEST;
  }

  /** For want of room. It is loaded again when it is next run. */
  private async release(loaded: Loaded): Promise<void> {
    loaded.released = true;
    for (const [size, ready] of this.ready) {
      if (ready !== loaded) continue;
      this.ready.delete(size);
      this.sizes.delete(size);
    }
    await this.unload(loaded);
    if (this.sizes.size === 0 && this.running === 0) this.onRelease();
  }

  private async unload(loaded: Loaded): Promise<void> {
    loaded.released = true;
    loaded.holding.drop();
    const { key, workers } = loaded;
    await Promise.all(workers.map((worker) => worker.call('unload', key)));
  }

  private inputsFor(size: number): Record<string, Spec> {
    return batchedInputs(this.spec, size);
  }

  /** Seconds an example takes in micro-batches of a size that may not be chosen. */
  private async measure(size: number): Promise<number> {
    const loaded = await this.compileFor(size, false);
    if (typeof loaded === 'number') return Infinity;
    try {
      return await loaded.holding.use(() => this.firstRun(loaded, loaded.size * this.context.threads, () => this.time(loaded)));
    } finally {
      await this.unload(loaded);
    }
  }

  /** Seconds an example, of the fastest of some runs on every worker at once. */
  private async time(loaded: Loaded): Promise<number> {
    const { size } = loaded;
    const n = size * this.context.threads;
    const example = zeroExample(this.spec.inputs);
    const inputs = Object.entries(this.spec.inputs).map(([name, { dtype, shape, shared }]): [string, HostTensor] => {
      const full = [n, ...shape];
      return [name, shared ? example[name]! : { dtype, shape: full, data: allocate(dtype, sizeOf(full)) }];
    });
    const once = async () => {
      const start = performance.now();
      await this.execute(loaded, Object.fromEntries(inputs), n, {});
      return secondsSince(start) / n;
    };
    await once();
    let fastest = Infinity;
    const start = performance.now();
    for (let i = 0; i < MEASURE_RUNS && (i < 2 || secondsSince(start) < MEASURE_SECONDS); i++) fastest = Math.min(fastest, await once());
    return fastest;
  }

  private async execute(
    loaded: Loaded,
    inputs: HostTensors,
    n: number,
    { repeat = 1, feedback = {}, signal }: RunOptions,
  ): Promise<HostTensors> {
    const control = new Int32Array(new SharedArrayBuffer(8));
    // Of inputs that are one array, such as the original and the image that an attack starts from, one copy.
    const copies = new Map<HostTensor['data'], SharedTensor['data']>();
    const request: RunRequest = {
      key: loaded.key,
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, this.share(name, value, copies)])),
      outputs: Object.fromEntries(Object.entries(loaded.outputs).map(([name, spec]) => [name, sharedOutput(spec, n)])),
      examples: n,
      microBatch: loaded.size,
      repeat,
      feedback,
      control,
    };
    const stop = () => Atomics.store(control, STOP, 1);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await Promise.all(loaded.workers.slice(0, Math.ceil(n / loaded.size)).map((worker) => worker.call('run', request)));
    } finally {
      // Also after a failure: the other workers have nothing left to do.
      Atomics.store(control, NEXT, 1 << 30);
      signal?.removeEventListener('abort', stop);
    }
    return Object.fromEntries(
      Object.entries(request.outputs).map(([name, { dtype, shape, data }]) => [
        name,
        { dtype, shape: [n, ...shape], data: ordinary(data) },
      ]),
    );
  }

  private share(name: string, value: HostTensor, copies: Map<HostTensor['data'], SharedTensor['data']>): SharedTensor {
    const { dtype, shape, shared } = this.spec.inputs[name]!;
    const known = copies.get(value.data);
    if (known) return { dtype, shape, shared, data: known };
    const data = allocate(dtype, value.data.length, true);
    data.set(value.data);
    copies.set(value.data, data);
    return { dtype, shape, shared, data };
  }
}

/** The largest power of two below `size` whose working memory has room, which grows with the size; the smallest where none has. */
function fittingSize(size: number, bytes: number, room: number): number {
  const most = Math.max(SMALLEST, Math.min(size - 1, (size * room) / bytes));
  return 2 ** Math.floor(Math.log2(most));
}

/** A function's inputs in micro-batches of `size` examples. */
export function batchedInputs(spec: BatchedFunctionSpec, size: number): Record<string, Spec> {
  const inputs = Object.entries(spec.inputs).map(([name, { dtype, shape, shared }]) => {
    return [name, { dtype, shape: shared ? shape : [size, ...shape] }] as const;
  });
  return Object.fromEntries(inputs);
}

function sharedOutput({ dtype, shape }: Spec, n: number): SharedTensor {
  const rest = shape.slice(1);
  return { dtype, shape: rest, data: allocate(dtype, n * sizeOf(rest), true) };
}

/** A copy outside shared memory, which not every consumer of typed arrays accepts. */
function ordinary(data: SharedTensor['data']): HostTensor['data'] {
  const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool';
  const copy = viewOf(dtype, new ArrayBuffer(data.byteLength), 0, data.length);
  copy.set(data);
  return copy;
}
