/** What a distance gives to a gradient attack: its steepest direction, its ball, and random points in it. @module */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../random.js';
import type { Norm } from '../../distances/index.js';

export interface BudgetNorm {
  readonly norm: Norm;
  /**
   * The change of length 1 in this norm along which a function with this gradient rises fastest; zero where the gradient is.
   * @param gradient `[batch, height, width, channels]`. @param x the images that it was taken at, for norms that heed the ends of the pixel range.
   */
  steepest(gradient: Tensor, x: Tensor): Tensor;
  /**
   * An image near `x` whose distance from `original` is at most ε and whose pixels are in [0, 1].
   * @param epsilon `[batch, 1, 1, 1]`, so that it broadcasts over the pixels.
   */
  project(x: Tensor, original: Tensor, epsilon: Tensor): Tensor;
  /** Length of one image's change, on the host. */
  length(change: Float32Array): number;
  /** A change drawn uniformly from the ball of radius 1. @param size pixel values of one image. */
  randomChange(stream: RandomStream, size: number): Float32Array;
}
