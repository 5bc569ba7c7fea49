/** Models as pure functions of their variables, so that one description serves attacks (constants), training (inputs) and tests. @module */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { HostTensors, Tensors } from '../engine/types.js';
import type { DropoutLayer } from './dropout.js';
import type { ModelFormat } from './format.js';

/** What a model expects of an image and says about it. Preprocessing is inside the model: callers always give pixels as fractions of the range, in [0, 1], RGB. */
export interface ModelSpec {
  /** [height, width, channels]. */
  readonly inputShape: readonly [number, number, number];
  readonly classCount: number;
  /** The network's own pixel range before mean and std, such as [0, 1], [-1, 1] or [0, 255]. */
  readonly valueRange: readonly [number, number];
  /** Order of colour channels that the network was trained with. */
  readonly channelOrder: 'RGB' | 'BGR';
  /** Per channel, in units of `valueRange`; the network sees (v - mean) / std. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly classNames?: readonly string[];
}

/** What the network's output is, after a removable final softmax has been removed. */
export type OutputKind = 'LOGITS' | 'PROBABILITIES';

export interface DifferentiableModel {
  readonly spec: ModelSpec;
  readonly output: OutputKind;
  /** Weights and moving statistics by name. */
  readonly variables: HostTensors;
  /** Names of the variables that training changes by gradient. */
  readonly trainable: readonly string[];
  /** SHA-256 of spec, topology and variables. */
  readonly fingerprint: string;
  /** Layer or operator types with their counts. */
  readonly operations: Readonly<Record<string, number>>;
  /** Things that the user should know, such as a softmax that could not be removed. */
  readonly warnings: readonly string[];
  /** @param x `[batch, height, width, channels]` pixels in [0, 1]. @returns logits `[batch, classCount]`. Inference mode (moving statistics). */
  apply(variables: Tensors, x: Tensor4D): Tensor2D;
  /** Dropout layers by name, whose masks training gives; absent where there is none. */
  readonly dropout?: Readonly<Record<string, DropoutLayer>>;
  /**
   * Training mode: batch statistics; `updates` holds the new moving statistics by variable name, `auxiliary` the logits of an auxiliary classifier.
   * @param masks of dropout layers by name, `[n or more, ...shape]`.
   */
  applyTraining(variables: Tensors, x: Tensor4D, masks?: Tensors): { logits: Tensor2D; auxiliary?: Tensor2D; updates: Tensors };
}

/** What a user is told about a submitted model. */
export interface ModelCard {
  readonly format: ModelFormat;
  readonly spec: ModelSpec;
  readonly output: OutputKind;
  readonly fingerprint: string;
  readonly parameterCount: number;
  /** Multiplications with an addition in one forward pass of one image; null where they cannot be counted. */
  readonly multiplyAdds: number | null;
  /** Whether images of noise have finite input gradients that are not zero. */
  readonly gradientsHealthy: boolean;
  /** Layer or operator types with their counts. */
  readonly operations: Readonly<Record<string, number>>;
  /** Things that the user should know, such as a softmax that could not be removed. */
  readonly warnings: readonly string[];
}

/** What a submitted model may cost. */
export interface ModelLimits {
  readonly maximumJsonBytes: number;
  /** Of all weights together, as stored. */
  readonly maximumWeightBytes: number;
  readonly maximumLayers: number;
  /** Values in any one layer's output for one image. */
  readonly maximumLayerValues: number;
}

export const DEFAULT_MODEL_LIMITS: ModelLimits = {
  maximumJsonBytes: 64 * 2 ** 20,
  maximumWeightBytes: 2 ** 30,
  maximumLayers: 5_000,
  maximumLayerValues: 2 ** 25,
};
