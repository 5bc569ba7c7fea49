/** One ONNX file in onnxruntime, asked image by image. @module */
import { dirname } from 'node:path';
import { getFloat16, setFloat16 } from '@petamoriken/float16';
import type { InferenceSession, Tensor } from '../../../onnxruntime/index.js';
import { type HostTensor, sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { DeclaredInput } from '../../dataflow/network.js';

/** Loaded where a file is run: whoever only knows of models does without the native library. */
const onnxruntime = () => import('../../../onnxruntime/index.js');

/** Of what onnxruntime says of a file, which may be long. */
const MESSAGE = 1000;

type Numbers = Float32Array | Float64Array | Uint16Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** How numbers are given to an input of a type. */
const TYPES: Readonly<Partial<Record<Tensor.Type, (values: Float32Array) => Numbers>>> = {
  float32: (values) => values,
  float64: (values) => Float64Array.from(values),
  float16: toHalves,
  uint8: (values) => Uint8Array.from(values),
  int8: (values) => Int8Array.from(values),
  int32: (values) => Int32Array.from(values),
  int64: (values) => BigInt64Array.from(values, (value) => BigInt(value)),
};

export interface SessionOptions {
  /** Name of the output that is read. */
  readonly output: string;
  /** Name of the input that takes the image; others are not read by the output, and get zeros. */
  readonly name: string;
  readonly input: DeclaredInput;
}

export class OnnxSession {
  private constructor(
    private readonly session: InferenceSession,
    private readonly options: SessionOptions,
    private readonly type: Tensor.Type,
  ) {}

  /**
   * @param file path, or content. @throws ComputeError INVALID_MODEL where onnxruntime refuses the file, UNSUPPORTED_OPERATION where its input is of a type that images
   * cannot be given as.
   */
  static async load(file: string | Uint8Array, options: SessionOptions): Promise<OnnxSession> {
    const { InferenceSession } = await onnxruntime();
    const create = (graphOptimizationLevel: 'basic' | 'extended', extra: Record<string, string>) => {
      const settings = {
        executionProviders: ['cpu'],
        // One thread, so that sums are always added up in the same order.
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        logSeverityLevel: 4 as const,
        graphOptimizationLevel,
        // A second copy of the weights, for a file that is asked a few times, costs more than it saves.
        extra: { session: { disable_prepacking: '1', ...extra } },
      };
      return typeof file === 'string' ? InferenceSession.create(file, settings) : InferenceSession.create(file, settings);
    };
    const folder = typeof file === 'string' ? `${dirname(file)}/` : undefined;
    const load = () =>
      // Processors without VNNI cut off sums of products of unsigned and signed bytes, from which this keeps onnxruntime: answers would depend on the processor. It
      // fails on some files. The highest level of optimisation ends the process on some.
      create('extended', { x64quantprecision: '1' }).catch(() => create('basic', {}));
    const session = await attempt('onnxruntime cannot load the file', load, folder);
    const found = session.inputMetadata.find(({ name }) => name === options.name);
    const type = found?.isTensor ? found.type : undefined;
    if (type !== undefined && TYPES[type]) return new OnnxSession(session, options, type);
    await session.release();
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      `The input ${options.name} holds ${type ?? 'no'} numbers; images can be given as ${Object.keys(TYPES).join(', ')}. Export the model with one of these.`,
      ['graph', 'input'],
    );
  }

  /**
   * @param images `[n, ...]` as the network takes them; n at most the batch that is written into the file.
   * @returns what the output holds of them, with n times as many values as an image has.
   * @throws ComputeError INVALID_MODEL
   */
  async run({ shape: [n = 0, ...imageShape], data }: HostTensor): Promise<ArrayLike<number>> {
    const { input, name, output } = this.options;
    const count = input.batch ?? n;
    const shape = [count, ...(input.shape.length === 3 ? imageShape : (input.shape as number[]))];
    const values = new Float32Array(sizeOf(shape));
    values.set(input.whole ? Float32Array.from(data, (value) => roundTo(value, input.whole!)) : data);
    const { Tensor } = await onnxruntime();
    const feeds: Record<string, Tensor> = { [name]: new Tensor(this.type, TYPES[this.type]!(values), shape) };
    for (const other of this.session.inputMetadata) {
      if (other.name === name || !other.isTensor) continue;
      const size = other.shape.map((length) => (typeof length === 'number' && length > 0 ? length : 1));
      const zeros = TYPES[other.type]?.(new Float32Array(sizeOf(size))) ?? new Uint8Array(sizeOf(size));
      feeds[other.name] = new Tensor(other.type, zeros, size);
    }
    const results = await attempt('onnxruntime cannot run the model', () => this.session.run(feeds, [output]));
    const answer = numbersOf(results[output]!);
    if (answer.length % count === 0) return answer.slice(0, (answer.length / count) * n);
    throw new ComputeError(
      'INVALID_MODEL',
      `For ${count} images the model outputs ${answer.length} values, which is not a multiple of the number of images.`,
      ['graph', 'output'],
    );
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** As the import rounds: halves to even numbers. */
function roundTo(value: number, [low, high]: readonly [number, number]): number {
  const floor = Math.floor(value);
  const part = value - floor;
  const rounded = part < 0.5 || (part === 0.5 && floor % 2 === 0) ? floor : floor + 1;
  return Math.min(Math.max(rounded, low), high);
}

function toHalves(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  const view = new DataView(halves.buffer);
  for (const [i, value] of values.entries()) setFloat16(view, 2 * i, value, true);
  return halves;
}

function numbersOf({ type, data }: Tensor): number[] {
  if (type !== 'float16') return Array.from(data as ArrayLike<number | bigint>, Number);
  const halves = data as Uint16Array;
  const view = new DataView(halves.buffer, halves.byteOffset, halves.byteLength);
  return Array.from(halves, (_, i) => getFloat16(view, 2 * i, true));
}

/** @param folder left out of what onnxruntime says: where files lie on the server is nobody's business. */
async function attempt<T>(problem: string, work: () => Promise<T>, folder?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { message } = error as Error;
    const shown = plainMessage(folder ? message.replaceAll(folder, '') : message).slice(0, MESSAGE);
    const code = /Failed to allocate memory|bad_alloc/.test(message) ? 'LIMIT_EXCEEDED' : 'INVALID_MODEL';
    throw new ComputeError(code, `${problem}: ${shown}`, ['graph'], { cause: error });
  }
}

/** Without the places in onnxruntime's own sources that its messages name. */
export const plainMessage = (message: string): string =>
  message.replaceAll(/\/onnxruntime_src\/\S+:\d+ (?:[^()]*\([^)]*\)(?: const)?:? ?)?/g, '');
