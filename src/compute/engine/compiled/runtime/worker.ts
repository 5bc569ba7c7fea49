/**
 * A worker thread that holds onnxruntime sessions and runs them; `session.run` blocks the thread it is called on. It imports little, which is most of what
 * starting it takes.
 * @module
 */
import { parentPort } from 'node:worker_threads';
import { InferenceSession, Tensor } from '../../../onnxruntime/index.js';
import { type Handlers, openChannel, threadPort } from '../../../channel/index.js';
import { ComputeError } from '../../../errors.js';
import { collectGarbage } from '../../../memory/index.js';
import { allocate, type HostData, type HostTensor, type HostTensors, sizeOf } from '../../../tensors/index.js';
import { inputName, outputName } from '../boundary-names.js';
import {
  type LoadRequest,
  NEXT,
  type ProbeRequest,
  type RunRequest,
  type SessionFunctions,
  type SharedTensor,
  stateName,
  stepName,
  type StepRequest,
  STOP,
} from './protocol.js';

/** Bytes. */
const LARGE_COPY = 2 ** 22;

const sessions = new Map<string, InferenceSession>();
let state: Record<string, Tensor> = {};

async function load({ key, model, settings }: LoadRequest): Promise<void> {
  const { provider, threads, runsOften, profile } = settings;
  const isFile = typeof model === 'string';
  const options: InferenceSession.SessionOptions = {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // Planned memory lies beside that of the first run, which is not given back: it takes two thirds more, and saves no time.
    enableMemPattern: false,
    ...(profile && { enableProfiling: true, profileFilePrefix: profile }),
    // Vanishing gradients are denormal numbers, on which arithmetic is a hundred times slower.
    extra: { session: { set_denormal_as_zero: '1', ...(isFile && !runsOften ? { disable_prepacking: '1' } : {}) } },
  };
  // onnxruntime does not take shared memory.
  const session = await (isFile ? InferenceSession.create(model, options) : InferenceSession.create(new Uint8Array(model), options));
  sessions.set(key, session);
  // The copy, which JavaScript's heap does not count.
  if (!isFile && model.length > LARGE_COPY) collectGarbage();
}

async function unload(key: string): Promise<void> {
  const session = sessions.get(key);
  sessions.delete(key);
  await session?.release();
  collectGarbage();
}

function sessionOf(key: string): InferenceSession {
  const session = sessions.get(key);
  if (!session) throw new ComputeError('INTERNAL', `No session ${key} in this worker.`);
  return session;
}

/** Runs a model once. */
async function probe({ model, input }: ProbeRequest): Promise<HostTensor> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
  const [output] = Object.values(await session.run({ [session.inputNames[0]!]: toOrt(input) })) as [Tensor];
  await session.release();
  return fromOrt(output);
}

async function run(request: RunRequest): Promise<void> {
  const { examples, microBatch, repeat, feedback, control } = request;
  const session = sessionOf(request.key);
  const chunks = Math.ceil(examples / microBatch);
  const inputs = Object.entries(request.inputs).map(([name, source]) => ({ name, source, tensor: inputTensor(source, microBatch) }));
  const outputs = Object.entries(request.outputs);
  const feeds: Record<string, Tensor> = {};
  for (;;) {
    const chunk = Atomics.add(control, NEXT, 1);
    if (chunk >= chunks) return;
    const from = chunk * microBatch;
    const count = Math.min(microBatch, examples - from);
    for (const { name, source, tensor } of inputs) {
      if (!source.shared) fillRows(tensor.data as HostData, source, from, count, microBatch);
      feeds[inputName(name)] = tensor;
    }
    let results: InferenceSession.OnnxValueMapType = {};
    for (let step = 0; step < repeat; step++) {
      if (Atomics.load(control, STOP)) return;
      results = await session.run(feeds);
      for (const [output, input] of Object.entries(feedback)) feeds[inputName(input)] = results[outputName(output)] as Tensor;
    }
    for (const [name, target] of outputs) {
      const row = sizeOf(target.shape);
      const values = (results[outputName(name)] as Tensor).data as HostData;
      target.data.set(values.subarray(0, count * row), from * row);
    }
  }
}

function inputTensor(source: SharedTensor, microBatch: number): Tensor {
  const dims = source.shared ? source.shape : [microBatch, ...source.shape];
  const data = allocate(source.dtype, sizeOf(dims));
  if (source.shared) data.set(source.data);
  return toOrt({ dtype: source.dtype, shape: dims, data });
}

/** Copies rows `from` to `from + count`, and repeats the last of them up to the micro-batch's size. */
function fillRows(target: HostData, source: SharedTensor, from: number, count: number, microBatch: number): void {
  const row = sizeOf(source.shape);
  target.set(source.data.subarray(from * row, (from + count) * row));
  for (let i = count; i < microBatch; i++) target.copyWithin(i * row, (count - 1) * row, count * row);
}

async function step({ key, inputs }: StepRequest): Promise<HostTensors> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(state)) feeds[inputName(stateName(name))] = tensor;
  for (const [name, tensor] of Object.entries(inputs)) feeds[inputName(stepName(name))] = toOrt(tensor);
  const results = await sessionOf(key).run(feeds);
  const outputs: HostTensors = {};
  const next: Record<string, Tensor> = {};
  for (const [fullName, tensor] of Object.entries(results) as [string, Tensor][]) {
    const [, kind, name] = /^out:(state|step):(.*)$/s.exec(fullName)!;
    if (kind === 'state') next[name!] = tensor;
    else outputs[name!] = fromOrt(tensor);
  }
  state = next;
  return outputs;
}

function toOrt({ dtype, shape, data }: HostTensor): Tensor {
  return new Tensor(dtype, data as Float32Array, shape);
}

function fromOrt(tensor: Tensor): HostTensor {
  return { dtype: tensor.type as HostTensor['dtype'], shape: tensor.dims, data: tensor.data as HostData };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

const handlers: Handlers<SessionFunctions> = {
  load: ([request]) => load(request),
  unload: ([key]) => unload(key),
  run: ([request]) => run(request),
  step: ([request]) => step(request),
  writeState: ([values]) => void (state = mapValues(values, toOrt)),
  readState: () => mapValues(state, fromOrt),
  probe: ([request]) => probe(request),
  end: () => process.exit(),
};

openChannel(threadPort(parentPort!), handlers);
