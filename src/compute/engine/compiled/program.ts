/** A compiled program: a worker of its own holds the session and the state between steps. @module */
import { ComputeError } from '../../errors.js';
import { checkTensor } from '../checks.js';
import { secondsSince } from '../statistics.js';
import { compileToModel } from './compile.js';
import { sessionBytes } from './model-cache.js';
import { stateName, stepName } from './runtime/protocol.js';
import { SessionWorker } from './runtime/session-worker.js';
import type { CompiledContext } from './context.js';
import type { Spec } from './graph.js';
import type { HostTensors, Tensors } from '../../tensors/index.js';
import type { Program, ProgramSpec } from '../types.js';

const KEY = 'step';

export class CompiledProgram implements Program {
  private readonly worker = new SessionWorker();
  private crash: ComputeError | undefined;
  /** Bytes that the first step will take, which the session keeps; then 0. */
  private coming = 0;

  private constructor(
    private readonly spec: ProgramSpec,
    private readonly context: CompiledContext,
    private readonly onDispose: () => void,
  ) {
    this.worker.onCrash = (error) => (this.crash = error);
  }

  static async create(spec: ProgramSpec, context: CompiledContext, onDispose: () => void): Promise<CompiledProgram> {
    const start = performance.now();
    const inputs = programInputs(spec);
    const target = { ...context.target, threads: context.threads };
    const model = await context.models.findOr(
      [spec.name, spec.fingerprint, inputs, target],
      () => compileToModel(inputs, (tensors) => callProgram(spec, tensors), target),
      true,
    );
    const program = new CompiledProgram(spec, context, onDispose);
    try {
      checkState(spec, model.outputs);
      const { threads, profile } = context;
      const settings = { provider: context.target.provider, threads, profile, runsOften: true };
      const bytes = sessionBytes(model) + model.workingBytes;
      await context.memory.reserve(bytes, `A step of ${spec.name}`, async () => {
        await program.call((worker) => worker.call('load', { key: KEY, model: model.source, settings }));
        await program.writeState(spec.state);
      });
      program.coming = model.workingBytes;
    } catch (error) {
      await program.worker.end();
      throw error;
    } finally {
      await model.release();
    }
    context.counters.compileSeconds += secondsSince(start);
    return program;
  }

  async step(inputs: HostTensors): Promise<HostTensors> {
    const start = performance.now();
    for (const [name, { dtype, shape }] of Object.entries(this.spec.inputs)) checkTensor(name, inputs[name], dtype, shape);
    const run = () => this.call((worker) => worker.call('step', { key: KEY, inputs }));
    const { coming } = this;
    this.coming = 0;
    const { memory } = this.context;
    const outputs = await (coming > 0 ? memory.reserve(coming, `A step of ${this.spec.name}`, run) : run());
    if (coming > 0) await memory.settle();
    this.context.counters.runs++;
    this.context.counters.runSeconds += secondsSince(start);
    return outputs;
  }

  readState(): Promise<HostTensors> {
    return this.call((worker) => worker.call('readState'));
  }

  writeState(state: HostTensors): Promise<void> {
    for (const [name, { dtype, shape }] of Object.entries(this.spec.state)) checkTensor(name, state[name], dtype, shape);
    return this.call((worker) => worker.call('writeState', state));
  }

  async dispose(): Promise<void> {
    this.onDispose();
    await this.worker.end();
  }

  private async call<T>(ask: (worker: SessionWorker) => Promise<T>): Promise<T> {
    if (this.crash) {
      throw new ComputeError('INTERNAL', `${this.spec.name} has lost its state: ${this.crash.message}`, undefined, { cause: this.crash });
    }
    return ask(this.worker);
  }
}

/** A step's inputs and state, by the names that {@link callProgram} knows them by. */
export function programInputs(spec: ProgramSpec): Record<string, Spec> {
  const inputs: Record<string, Spec> = {};
  for (const [name, { dtype, shape }] of Object.entries(spec.state)) inputs[stateName(name)] = { dtype, shape };
  for (const [name, { dtype, shape }] of Object.entries(spec.inputs)) inputs[stepName(name)] = { dtype, shape };
  return inputs;
}

/** A step as a function of one record of tensors. */
export function callProgram(spec: ProgramSpec, tensors: Tensors): Tensors {
  const pick = (names: readonly string[], prefixed: (name: string) => string) =>
    Object.fromEntries(names.map((name) => [name, tensors[prefixed(name)]!]));
  const { state, outputs } = spec.fn(pick(Object.keys(spec.state), stateName), pick(Object.keys(spec.inputs), stepName));
  const results: Tensors = {};
  for (const [name, tensor] of Object.entries(state)) results[stateName(name)] = tensor;
  for (const [name, tensor] of Object.entries(outputs)) results[stepName(name)] = tensor;
  return results;
}

function checkState(spec: ProgramSpec, outputs: Readonly<Record<string, Spec>>): void {
  for (const [name, { dtype, shape }] of Object.entries(spec.state)) {
    const next = outputs[stateName(name)];
    if (next && next.dtype === dtype && next.shape.join() === shape.join()) continue;
    const found = next ? `${next.dtype} [${next.shape.join(', ')}]` : 'missing';
    throw new ComputeError('INTERNAL', `${spec.name} must return state '${name}' as ${dtype} [${shape.join(', ')}]; it is ${found}.`, [
      name,
    ]);
  }
}
