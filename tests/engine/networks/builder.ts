/** Layers with weights of their own, as plain tfjs ops: what the networks beside this file are made of. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../src/compute/tensors/host-tensor.js';
import type { HostTensors, Tensors } from '../../../src/compute/tensors/types.js';
import { randomStream } from '../../../src/compute/random.js';

/** Scores `[batch, classes]` of images `[batch, height, width, channels]`. */
export type Network = (b: Builder, x: tf.Tensor4D) => tf.Tensor2D;

export type Activation = (x: tf.Tensor) => tf.Tensor;

interface ConvOptions {
  readonly stride?: number;
  readonly pad?: 'same' | 'valid';
  readonly bias?: boolean;
}

type Kernel = number | readonly [number, number];

const pairOf = (kernel: Kernel): readonly [number, number] => (typeof kernel === 'number' ? [kernel, kernel] : kernel);

/** Makes weights in the order in which layers ask for them: the same numbers on every machine, or those that the caller gives. */
export class Builder {
  /** Every weight that was made here. */
  readonly weights: HostTensors = {};
  private count = 0;

  /**
   * @param given values of the weights `w0`, `w1`, …, as a training step has them.
   * @param training batch norm by the batch's own statistics.
   */
  constructor(
    private readonly given?: Tensors,
    private readonly training = false,
  ) {}

  /** Normal numbers around `mean`. */
  weight<T extends tf.Tensor>(shape: readonly number[], deviation: number, mean = 0): T {
    const name = `w${this.count++}`;
    if (this.given) return this.given[name] as T;
    const stream = randomStream(1, `network.${name}`, 0);
    const data = Float32Array.from({ length: sizeOf(shape) }, () => mean + deviation * stream.normal());
    this.weights[name] = { dtype: 'float32', shape, data };
    return tf.tensor(data, shape as number[]) as T;
  }

  conv(x: tf.Tensor, channels: number, kernel: Kernel, { stride = 1, pad = 'same', bias = false }: ConvOptions = {}): tf.Tensor4D {
    const [height, width] = pairOf(kernel);
    const inputs = x.shape[3]!;
    const filter = this.weight<tf.Tensor4D>([height, width, inputs, channels], Math.sqrt(2 / (height * width * inputs)));
    const y = tf.conv2d(x as tf.Tensor4D, filter, stride, pad);
    return bias ? tf.add(y, this.weight([channels], 0.1)) : y;
  }

  depthwise(x: tf.Tensor, kernel: number, stride = 1): tf.Tensor4D {
    const filter = this.weight<tf.Tensor4D>([kernel, kernel, x.shape[3]!, 1], Math.sqrt(2) / kernel);
    return tf.depthwiseConv2d(x as tf.Tensor4D, filter, stride, 'same');
  }

  /** Batch norm as one scale and one shift, in which form models reach the engine. */
  norm(x: tf.Tensor): tf.Tensor4D {
    const channels = x.shape[3]!;
    const gamma = this.weight([channels], 0.1, 1);
    const beta = this.weight([channels], 0.1);
    if (!this.training) return tf.add(tf.mul(x, gamma), beta);
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, 1e-3)));
    return tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale)));
  }

  /** Batch norm by tfjs's own op, at inference. */
  tfjsNorm(x: tf.Tensor): tf.Tensor4D {
    const vector = (deviation: number, mean: number) => this.weight<tf.Tensor1D>([x.shape[3]!], deviation, mean);
    return tf.batchNorm(x as tf.Tensor4D, vector(0.1, 0), tf.abs(vector(0.1, 1)), vector(0.1, 0), vector(0.1, 1), 1e-3);
  }

  /** On the last axis of a value of any rank. */
  dense(x: tf.Tensor, units: number): tf.Tensor {
    const inputs = x.shape[x.rank - 1]!;
    const kernel = this.weight<tf.Tensor2D>([inputs, units], Math.sqrt(2 / inputs));
    const y = tf.matMul(tf.reshape(x, [-1, inputs]) as tf.Tensor2D, kernel);
    return tf.reshape(tf.add(y, this.weight([units], 0.1)), [...x.shape.slice(0, -1), units]);
  }

  /** Layer normalization over the last axis. */
  layerNorm(x: tf.Tensor): tf.Tensor {
    const width = x.shape[x.rank - 1]!;
    const { mean, variance } = tf.moments(x, -1, true);
    const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-6)));
    return tf.add(tf.mul(normal, this.weight([width], 0.1, 1)), this.weight([width], 0.1));
  }

  /** Squeeze and excitation: a gate for each channel, from the means of all. */
  squeezeExcite(x: tf.Tensor, width: number, activation: Activation, gate: Activation): tf.Tensor4D {
    const squeezed = tf.mean(x, [1, 2], true);
    const inner = activation(this.conv(squeezed, width, 1, { bias: true }));
    return tf.mul(x, gate(this.conv(inner, x.shape[3]!, 1, { bias: true }))) as tf.Tensor4D;
  }

  /** Global average pooling and the logits. */
  head(x: tf.Tensor, classes = 10): tf.Tensor2D {
    return this.dense(tf.mean(x, [1, 2]), classes) as tf.Tensor2D;
  }
}
