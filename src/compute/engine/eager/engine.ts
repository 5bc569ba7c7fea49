/** The eager engine: the function runs op by op on a tfjs backend. Simple and slow on `cpu`, which is the reference of the tests. @module */
import { checkBatch, checkFeedback, checkTensor, throwIfAborted, zeroExample } from '../checks.js';
import { concatenate, type HostTensors, rows } from '../../tensors/index.js';
import { Counters, secondsSince } from '../statistics.js';
import { computeOn, toHosts, toTensors } from '../tensorflow.js';
import { type EagerEngineName, loadBackend } from './backends.js';
import { LRUCache } from 'lru-cache';
import { batchedInputs } from '../compiled/function.js';
import { trace } from '../compiled/trace.js';
import { computedBytes } from '../compiled/working-memory.js';
import { ComputeError } from '../../errors.js';
import type { MemoryBudget } from '../../memory/index.js';
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

/** Examples computed at once where the caller does not say and memory has room: sets how often an abort signal is looked at. */
const DEFAULT_MICRO_BATCH = 64;

/** Of what the budget leaves for one thing, that a micro-batch takes at most where fewer examples take less. */
const SHARE_OF_MEMORY = 0.5;

/** Functions whose need is kept: finding it takes a trace. */
const FUNCTIONS_KNOWN = 256;

export class EagerEngine implements Engine {
  private readonly counters = new Counters();
  private readonly microBatch: number | undefined;
  private readonly memory: MemoryBudget | undefined;
  private readonly bytesKnown = new LRUCache<string, number>({ max: FUNCTIONS_KNOWN });

  /** @param backend name of a registered tfjs backend whose factory is synchronous. */
  constructor(
    readonly description: EngineDescription,
    private readonly backend: string,
    { microBatch, memory }: Pick<EngineOptions, 'microBatch' | 'memory'> = {},
  ) {
    this.microBatch = microBatch;
    this.memory = memory;
  }

  async batched(spec: BatchedFunctionSpec): Promise<BatchedFunction> {
    const bytes = this.exampleBytes(spec);
    const atOnce = this.atOnce(spec, bytes);
    return {
      run: (inputs, options) => {
        const count = Math.min(atOnce, checkBatch(spec, inputs));
        const work = () => this.run(spec, inputs, atOnce, options);
        return this.memory ? this.memory.reserve(count * bytes, title(spec, count), work) : work();
      },
    };
  }

  program(spec: ProgramSpec): Promise<Program> {
    return Promise.resolve(new EagerProgram(spec, this.backend, this.counters));
  }

  private exampleBytes(spec: BatchedFunctionSpec): number {
    if (!this.memory) return 0;
    const key = JSON.stringify([spec.name, spec.fingerprint, spec.inputs]);
    const bytes = this.bytesKnown.get(key) ?? tracedBytes(spec);
    this.bytesKnown.set(key, bytes);
    return bytes;
  }

  /** @throws ComputeError LIMIT_EXCEEDED where not even one example fits. */
  private atOnce(spec: BatchedFunctionSpec, bytes: number): number {
    if (this.microBatch !== undefined || !this.memory) return this.microBatch ?? DEFAULT_MICRO_BATCH;
    this.memory.check(bytes, title(spec, 1));
    const room = SHARE_OF_MEMORY * this.memory.available;
    return bytes === 0 ? DEFAULT_MICRO_BATCH : Math.max(1, Math.min(DEFAULT_MICRO_BATCH, Math.floor(room / bytes)));
  }

  statistics(): EngineStatistics {
    return this.counters.snapshot();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  private async run(spec: BatchedFunctionSpec, inputs: HostTensors, atOnce: number, options: RunOptions = {}): Promise<HostTensors> {
    const start = performance.now();
    const n = checkBatch(spec, inputs);
    throwIfAborted(options.signal);
    if (n === 0) return emptyOutputs(this.compute(spec, zeroExample(spec.inputs), options));
    const parts: HostTensors[] = [];
    for (let from = 0; from < n; from += atOnce) {
      const to = Math.min(n, from + atOnce);
      const part = Object.entries(inputs).map(
        ([name, value]) => [name, spec.inputs[name]!.shared ? value : rows(value, from, to)] as const,
      );
      parts.push(this.compute(spec, Object.fromEntries(part), options));
      // Lets the signal's owner, and everything else on this thread, have a turn.
      await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(options.signal);
    }
    this.counters.runs++;
    this.counters.runSeconds += secondsSince(start);
    return concatenate(parts);
  }

  private compute(spec: BatchedFunctionSpec, inputs: HostTensors, { repeat = 1, feedback = {} }: RunOptions): HostTensors {
    let values = inputs;
    let outputs: HostTensors = {};
    for (let step = 0; step < repeat; step++) {
      outputs = computeOn(this.backend, () => toHosts(spec.fn(toTensors(values))));
      if (step === 0) checkFeedback(spec, Object.keys(outputs), feedback);
      const fed = Object.entries(feedback).map(([output, input]) => [input, outputs[output]!] as const);
      values = { ...values, ...Object.fromEntries(fed) };
    }
    return outputs;
  }
}

class EagerProgram implements Program {
  private state: HostTensors;

  constructor(
    private readonly spec: ProgramSpec,
    private readonly backend: string,
    private readonly counters: Counters,
  ) {
    this.state = spec.state;
  }

  step(inputs: HostTensors): Promise<HostTensors> {
    const start = performance.now();
    for (const [name, { dtype, shape }] of Object.entries(this.spec.inputs)) checkTensor(name, inputs[name], dtype, shape);
    const { state, outputs } = computeOn(this.backend, () => this.compute(inputs));
    this.state = state;
    this.counters.runs++;
    this.counters.runSeconds += secondsSince(start);
    return Promise.resolve(outputs);
  }

  readState(): Promise<HostTensors> {
    return Promise.resolve(this.state);
  }

  writeState(state: HostTensors): Promise<void> {
    for (const [name, { dtype, shape }] of Object.entries(this.spec.state)) checkTensor(name, state[name], dtype, shape);
    this.state = state;
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    this.state = {};
    return Promise.resolve();
  }

  private compute(inputs: HostTensors): { state: HostTensors; outputs: HostTensors } {
    const result = this.spec.fn(toTensors(this.state), toTensors(inputs));
    const state = toHosts(result.state);
    for (const [name, { dtype, shape }] of Object.entries(this.spec.state)) checkTensor(name, state[name], dtype, shape);
    return { state, outputs: toHosts(result.outputs) };
  }
}

const title = ({ name }: BatchedFunctionSpec, count: number) => `Running ${name} on ${count} image${count > 1 ? 's' : ''} at once`;

function tracedBytes(spec: BatchedFunctionSpec): number {
  try {
    return computedBytes(trace(batchedInputs(spec, 1), spec.fn));
  } catch (error) {
    if (error instanceof ComputeError && error.code === 'UNSUPPORTED_OPERATION') return 0;
    throw error;
  }
}

function emptyOutputs(example: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(example).map(([name, value]) => [name, rows(value, 0, 0)]));
}

/** @throws ComputeError ENGINE_UNAVAILABLE, with what to do, where the engine's backend does not load. */
export async function createEagerEngine(
  name: EagerEngineName,
  options: Pick<EngineOptions, 'microBatch' | 'memory'> = {},
): Promise<EagerEngine> {
  const { backend, versions } = await loadBackend(name);
  const label = `eager/${backend} (${Object.entries(versions)
    .map(([library, version]) => `${library} ${version}`)
    .join(', ')})`;
  return new EagerEngine({ kind: 'eager', provider: backend, threads: 1, versions, label }, backend, options);
}
