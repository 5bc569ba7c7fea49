/** One ONNX file in onnxruntime, asked image by image. @module */
import type { InferenceSession } from '../../../onnxruntime/index.js';
import { type HostTensor, sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import type { DeclaredInput } from '../../dataflow/network.js';

/** Loaded where a file is run: whoever only knows of models does without the native library. */
const onnxruntime = () => import('../../../onnxruntime/index.js');

/** Of what onnxruntime says of a file, which may be long. */
const MESSAGE = 1000;

export class OnnxSession {
  private constructor(
    private readonly session: InferenceSession,
    private readonly input: DeclaredInput,
  ) {}

  /**
   * @throws ComputeError INVALID_MODEL where onnxruntime refuses the file, UNSUPPORTED_OPERATION where its input is of another type than float or double, or
   * its output of half precision.
   */
  static async load(bytes: Uint8Array, input: DeclaredInput): Promise<OnnxSession> {
    const { InferenceSession } = await onnxruntime();
    const session = await attempt('onnxruntime cannot load the file', () =>
      // One thread, so that sums are always added up in the same order.
      InferenceSession.create(bytes, { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 }),
    );
    const [type, scores] = [session.inputMetadata, session.outputMetadata].map(typeOfFirst);
    const isReadable = scores !== 'float16';
    if ((type === 'float32' || type === 'float64') && isReadable) return new OnnxSession(session, input);
    await session.release();
    throw isReadable
      ? new ComputeError(
          'UNSUPPORTED_OPERATION',
          `The input holds ${type} numbers; onnxruntime takes float or double here. Export the model with float inputs.`,
          ['graph', 'input'],
        )
      : new ComputeError('UNSUPPORTED_OPERATION', 'The output holds float16 numbers. Cast it to float.', ['graph', 'output']);
  }

  /**
   * @param images `[n, ...]` as the network takes them; n at most the batch that is written into the file.
   * @returns what the output holds of them, with n times as many values as an image has.
   * @throws ComputeError INVALID_MODEL
   */
  async run({ shape: [n = 0, ...imageShape], data }: HostTensor): Promise<ArrayLike<number>> {
    const count = this.input.batch ?? n;
    const shape = [count, ...(this.input.shape.length === 3 ? imageShape : (this.input.shape as number[]))];
    const values =
      typeOfFirst(this.session.inputMetadata) === 'float64' ? new Float64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
    values.set(data);
    const { Tensor } = await onnxruntime();
    const tensor = values instanceof Float64Array ? new Tensor('float64', values, shape) : new Tensor('float32', values, shape);
    const results = await attempt('onnxruntime cannot run the model', () => this.session.run({ [this.session.inputNames[0]!]: tensor }));
    const answer = Array.from(results[this.session.outputNames[0]!]!.data as ArrayLike<number | bigint>, Number);
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

function typeOfFirst([value]: readonly InferenceSession.ValueMetadata[]): string | undefined {
  return value?.isTensor ? value.type : undefined;
}

async function attempt<T>(problem: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ComputeError('INVALID_MODEL', `${problem}: ${(error as Error).message.slice(0, MESSAGE)}`, ['graph'], { cause: error });
  }
}
