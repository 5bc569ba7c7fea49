/**
 * What flows through a graph while it is interpreted. ONNX counts axes as `[batch, channels, height, width]` and TensorFlow.js computes on
 * `[batch, height, width, channels]`: a value remembers in which order its elements lie, and moves them only where an operator needs the other.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { type DType, type HostTensor, sizeOf } from '../../tensors/index.js';
import { toTensor } from '../../engine/index.js';
import { ComputeError } from '../../errors.js';

const TO_CHANNELS_LAST = [0, 2, 3, 1];
const TO_CHANNELS_FIRST = [0, 3, 1, 2];

/** Factors of a value along one of its axes, as the file counts axes; one alone is for all elements. */
export interface Scale {
  readonly factors: readonly number[];
  readonly axis: number;
}

/** Whole numbers that a value is a multiple of. Sums of products of them are exact where those of the values are rounded. */
export interface Quantized {
  /** Without the zero point. */
  readonly numbers: Value;
  readonly scale: Scale;
}

export class Value {
  private constructor(
    /** As the file counts axes. */
    readonly shape: readonly number[],
    readonly dtype: DType,
    private readonly content: tf.Tensor | HostTensor,
    /** Whether the tensor is `[batch, height, width, channels]` where the shape is `[batch, channels, height, width]`. */
    readonly isChannelsLast: boolean,
    /** Absent where it is computed of no quantised values. */
    readonly quantized?: Quantized,
  ) {}

  /** Whole numbers times a scale. */
  static quantized(numbers: Value, scale: Scale): Value {
    const { shape, dtype, isChannelsLast } = numbers;
    return new Value(shape, dtype, numbers.times(scale), isChannelsLast, { numbers, scale });
  }

  /** Factors, shaped to be broadcast against {@link tensor}. */
  along({ factors, axis }: Scale): tf.Tensor {
    if (factors.length === 1) return tf.scalar(factors[0]!);
    return tf.tensor([...factors], [factors.length, ...Array<number>(this.rank - 1 - this.axis(axis)).fill(1)]);
  }

  /** The elements in the order in which they lie, times factors. */
  times(scale: Scale): tf.Tensor {
    return tf.mul(this.tensor, this.along(scale));
  }

  /** Elements known without running the network: constants, and what is computed from shapes. */
  static known(host: HostTensor): Value {
    return new Value(host.shape, host.dtype, host, false);
  }

  static ints(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return Value.known({ dtype: 'int32', shape, data: Int32Array.from(values) });
  }

  /** A tensor with its axes in the order of the file. */
  static plain(tensor: tf.Tensor): Value {
    return new Value(tensor.shape, tensor.dtype as DType, tensor, false);
  }

  /** @param tensor `[batch, height, width, channels]`, of a value that the file has as `[batch, channels, height, width]`. */
  static channelsLast(tensor: tf.Tensor): Value {
    const [n, h, w, c] = tensor.shape as [number, number, number, number];
    return new Value([n, c, h, w], tensor.dtype as DType, tensor, true);
  }

  /** A tensor computed element by element from this value's, in the same order. */
  like(tensor: tf.Tensor): Value {
    return this.isChannelsLast ? Value.channelsLast(tensor) : Value.plain(tensor);
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get known(): HostTensor | undefined {
    return this.content instanceof tf.Tensor ? undefined : this.content;
  }

  /** The elements in the order in which they lie. */
  get tensor(): tf.Tensor {
    return this.content instanceof tf.Tensor ? this.content : toTensor(this.content);
  }

  /** Axes in the order of the file. */
  get plain(): tf.Tensor {
    return this.isChannelsLast ? moveAxes(this.tensor, TO_CHANNELS_FIRST) : this.tensor;
  }

  /** `[batch, height, width, channels]`. Values of fewer axes get axes of size 1 in front, as in broadcasting. */
  get channelsLast(): tf.Tensor4D {
    if (this.isChannelsLast) return this.tensor as tf.Tensor4D;
    if (this.rank > 4) throw new ComputeError('INVALID_MODEL', `A value of shape [${this.shape.join(', ')}] is no image.`);
    const four = tf.reshape(this.tensor, [...Array<number>(4 - this.rank).fill(1), ...this.shape]);
    return moveAxes(four, TO_CHANNELS_LAST) as tf.Tensor4D;
  }

  /** Position of the file's axis in {@link tensor}. */
  axis(axis: number): number {
    const positive = normalAxis(axis, this.rank);
    return this.isChannelsLast ? TO_CHANNELS_FIRST[positive]! : positive;
  }

  /** The elements as numbers, of a shape, an axis or another setting. */
  get numbers(): number[] {
    const { known } = this;
    if (known) return Array.from(known.data);
    throw new ComputeError('UNSUPPORTED_OPERATION', 'a shape, axis or other setting depends on the pixels of the image');
  }
}

/** @throws ComputeError INVALID_MODEL where there is no such axis. */
export function normalAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && positive >= 0 && positive < Math.max(1, rank)) return positive;
  throw new ComputeError('INVALID_MODEL', `there is no axis ${axis} in a value of ${rank} axes`);
}

/** A transposition, as a reshape where only axes of size 1 change places. */
export function moveAxes(x: tf.Tensor, order: readonly number[]): tf.Tensor {
  const moving = order.filter((axis) => x.shape[axis] !== 1);
  if (order.every((axis, i) => axis === i)) return x;
  if (moving.every((axis, i) => i === 0 || axis > moving[i - 1]!)) {
    return tf.reshape(
      x,
      order.map((axis) => x.shape[axis]!),
    );
  }
  return tf.transpose(x, order as number[]);
}
