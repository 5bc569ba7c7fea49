/** Built-in architectures. One architecture is one file here and one line in `registry.ts`. @module */
import type { Topology } from '../keras/topology.js';

export type ImageShape = readonly [number, number, number];

export const ACTIVATIONS = ['relu', 'relu6', 'elu', 'tanh', 'swish', 'reluDecay'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** What may be chosen of every architecture. */
export interface BuildPlan {
  readonly inputShape: ImageShape;
  readonly classCount: number;
  /** ρ: factor on the number of channels and hidden units of each layer. */
  readonly width: number;
  readonly activation: Activation;
  /** β of `reluDecay`. */
  readonly beta: number;
  /** Share of the values before the logits that are dropped in training. */
  readonly dropout: number;
}

export interface Architecture {
  /** Key of the registry, such as `mnist-cnn`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** [height, width, channels] where the request gives none. */
  readonly inputShape: ImageShape;
  readonly classCount: number;
  /** Where the request gives none. Default: `relu`. */
  readonly activation?: Activation;
  /** Where the request gives none. Default: 0. */
  readonly dropout?: number;
  /**
   * The layers, ending in logits. Every layer has a name of its own, so that the same request always gives the same file. Initial values
   * are set afterwards, by `initialise.ts`; layers say zeros.
   */
  build(plan: BuildPlan): Topology;
}
