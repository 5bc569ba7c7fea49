/** Built-in architectures. One architecture is one file here and one line in `registry.ts`. @module */
import type { LayersModel } from '@tensorflow/tfjs-layers';

export type ImageShape = readonly [number, number, number];

export interface Architecture {
  /** Key of the registry, such as `mnist-cnn`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** [height, width, channels] where the request gives none. */
  readonly inputShape: ImageShape;
  readonly classCount: number;
  /**
   * The layers, ending in logits. Every layer has a name of its own, so that the same request always gives the same file. Initial values
   * are set afterwards, by `initialise.ts`; layers take zeros, which cost nothing to make.
   */
  build(inputShape: ImageShape, classCount: number): LayersModel;
}
