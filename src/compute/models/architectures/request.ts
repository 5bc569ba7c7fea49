/** A built-in architecture to be made. @module */
import type { Activation } from './types.js';

export interface ArchitectureRequest {
  /** Key of the registry of architectures, such as `mnist-cnn`, `resnet-20`. */
  readonly architecture: string;
  readonly seed: number;
  readonly classCount?: number;
  readonly inputShape?: readonly [number, number, number];
  /** ρ: factor on the number of channels and hidden units of each layer. Default: 1. */
  readonly width?: number;
  /** Default: the architecture's own. */
  readonly activation?: Activation;
  /** β of the activation `reluDecay`. Default: 0.1. */
  readonly activationBeta?: number;
  /** Share of the values before the logits that are dropped in training. Default: the architecture's own. */
  readonly dropout?: number;
}
