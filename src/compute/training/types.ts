/**
 * Training as pure functions, run by an engine's program.
 *
 * Glossary. *Scheme*: what is done to a minibatch before the loss is taken, such as replacing images by adversarial ones.
 * *Optimizer*: how gradients change weights. *Slot*: a value that an optimizer keeps beside each weight, such as its momentum.
 * @module
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { HostTensors, Tensors } from '../engine/types.js';
import type { OutputKind } from '../models/types.js';

export interface Minibatch {
  /** `[m, height, width, channels]`, pixels in [0, 1]. */
  readonly images: Tensor4D;
  /** `[m]`, int32. */
  readonly labels: Tensor1D;
}

/** One file in `schemes/` each. */
export interface TrainingScheme {
  readonly name: string;
  /** Everything that changes what is computed; part of the compiled program's cache key. */
  readonly parameters: Readonly<Record<string, number | string>>;
  /** Shapes of the float32 inputs that {@link draw} gives for a minibatch of m. */
  inputs(m: number): Readonly<Record<string, readonly number[]>>;
  /** Values of these inputs for one step. Random ones are keyed by the seed and the step. @param step counted from 0. */
  draw(m: number, seed: number, step: number): HostTensors;
  /**
   * The images that the network is trained on, and the weight of each example's loss; weights sum to 1.
   * @param scores the network with its current weights, in inference mode.
   */
  prepare(
    batch: Minibatch,
    inputs: Tensors,
    scores: (x: Tensor4D) => Tensor2D,
    output: OutputKind,
  ): { readonly images: Tensor4D; readonly exampleWeights: Tensor1D };
}

/** One file in `optimizers/` each. */
export interface Optimizer {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  /** Names of the slots that every weight has; they start at zero. */
  readonly slots: readonly string[];
  /** Numbers that depend on the step alone, such as the step size with its corrections; the same names at every step. @param step counted from 0. */
  rates(learningRate: number, step: number): Readonly<Record<string, number>>;
  /** @param rates as scalars. */
  update(weight: Tensor, gradient: Tensor, slots: Tensors, rates: Tensors): { readonly weight: Tensor; readonly slots: Tensors };
}
