/** The compiled engine: traced functions run by onnxruntime in worker threads, one single-threaded session a thread. @module */
import type { CompiledContext } from './context.js';
import { availableParallelism } from 'node:os';
import { LRUCache } from 'lru-cache';
import { ComputeError } from '../../errors.js';
import { MemoryBudget } from '../../memory/index.js';
import { join } from 'node:path';
import { Counters } from '../statistics.js';
import { packageVersions } from '../versions.js';
import { MicroBatchSizeCache } from './micro-batch-size-cache.js';
import { ModelCache } from './model-cache.js';
import { CompiledFunction } from './function.js';
import { CompiledProgram } from './program.js';
import { blockSize } from './runtime/block-size.js';
import { SessionWorker } from './runtime/session-worker.js';
import type {
  BatchedFunction,
  BatchedFunctionSpec,
  Engine,
  EngineDescription,
  EngineOptions,
  EngineStatistics,
  Program,
  ProgramSpec,
  RunOptions,
} from '../types.js';
import type { HostTensors } from '../../tensors/index.js';

const DEFAULT_CACHE_SIZE = 32;
const DEFAULT_CACHE_BYTES = 2 ** 30;

export class CompiledEngine implements Engine {
  readonly description: EngineDescription;
  private readonly functions: LRUCache<string, CompiledFunction>;
  private readonly programs = new Set<CompiledProgram>();

  private constructor(
    private readonly context: CompiledContext,
    { cacheSize = DEFAULT_CACHE_SIZE, log }: EngineOptions,
  ) {
    const { target, threads, workers } = context;
    const versions = packageVersions(['onnxruntime-node', '@tensorflow/tfjs-core']);
    const label = `compiled/${target.provider} (onnxruntime-node ${versions['onnxruntime-node']}, ${threads} session${threads > 1 ? 's' : ''})`;
    this.description = { kind: 'compiled', provider: target.provider, threads, versions, label };
    this.functions = new LRUCache({ max: cacheSize, dispose: (compiled) => void compiled.dispose() });
    for (const worker of workers) {
      worker.onCrash = (error) => {
        log?.('warn', error.message);
        // Each function needs its sessions in every worker; those that are asked for again are loaded again.
        this.functions.clear();
      };
    }
  }

  /** Starts the workers and finds out what layout this processor wants. */
  static async create(provider: string, options: EngineOptions): Promise<CompiledEngine> {
    // A GPU is one device: several sessions would only queue for it.
    const threads = provider === 'cpu' ? (options.threads ?? availableParallelism()) : 1;
    const workers = Array.from({ length: threads }, () => new SessionWorker());
    // All are needed for the first batch, and start beside what is read for it.
    for (const worker of workers) worker.begin();
    const counters = new Counters();
    const inCache = (name: string) => options.cacheDirectory && join(options.cacheDirectory, name);
    const context = {
      target: { provider, blockSize: provider === 'cpu' ? await blockSize(workers[0]!) : 0, threads: 1 },
      threads,
      microBatch: options.microBatch,
      profile: options.profile,
      chosenSizes: new MicroBatchSizeCache(
        inCache('micro-batches'),
        JSON.stringify([provider, threads, packageVersions(['onnxruntime-node'])]),
      ),
      models: new ModelCache(inCache('models'), options.cacheMaximumBytes ?? DEFAULT_CACHE_BYTES, counters),
      workers,
      counters,
      memory: options.memory ?? new MemoryBudget(),
    };
    return new CompiledEngine(context, options);
  }

  async batched(spec: BatchedFunctionSpec): Promise<BatchedFunction> {
    if (this.functions.get(keyOf(spec))) this.context.counters.cacheHits++;
    await this.compiled(spec).prepare();
    // By way of the cache, so that a function that has left it since is compiled again.
    const run = (inputs: HostTensors, options?: RunOptions) => this.compiled(spec).run(inputs, options);
    if (!spec.runsOnce) return { run };
    return {
      run: async (inputs, options) => {
        const outputs = await run(inputs, options);
        await this.unload(spec);
        return outputs;
      },
    };
  }

  async program(spec: ProgramSpec): Promise<Program> {
    const program = await CompiledProgram.create(spec, this.context, () => this.programs.delete(program));
    this.programs.add(program);
    return program;
  }

  statistics(): EngineStatistics {
    return this.context.counters.snapshot();
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.programs].map((program) => program.dispose()));
    await Promise.all(this.context.workers.map((worker) => worker.end()));
    await this.context.models.waitForWrites();
  }

  private compiled(spec: BatchedFunctionSpec): CompiledFunction {
    const key = keyOf(spec);
    const known = this.functions.get(key);
    if (known) return known;
    const compiled = new CompiledFunction(key, spec, this.context, () => this.forget(key, compiled));
    this.functions.set(key, compiled);
    return compiled;
  }

  private async unload(spec: BatchedFunctionSpec): Promise<void> {
    const key = keyOf(spec);
    const compiled = this.functions.peek(key);
    await compiled?.dispose();
    if (compiled) this.forget(key, compiled);
  }

  /** A function holds on to the weights of its model, which may have been released. */
  private forget(key: string, compiled: CompiledFunction): void {
    if (this.functions.peek(key) === compiled) this.functions.delete(key);
    if (this.functions.size === 0) for (const worker of this.context.workers) worker.rest();
  }
}

function keyOf(spec: BatchedFunctionSpec): string {
  return JSON.stringify([spec.name, spec.fingerprint, spec.inputs]);
}

/** The error that says why a provider cannot run here, and what to do. */
export function unavailable(provider: string, cause: unknown): ComputeError {
  const hint = {
    cuda: 'It needs CUDA 12 and cuDNN 9, and the libraries that `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node` fetches.',
    webgpu: 'It needs a GPU with a Vulkan, Metal or Direct3D 12 driver.',
  }[provider];
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ComputeError(
    'ENGINE_UNAVAILABLE',
    `Engine compiled:${provider} cannot run here: ${reason} ${hint ?? ''} Or choose the engine compiled:cpu.`,
    undefined,
    {
      cause,
    },
  );
}
