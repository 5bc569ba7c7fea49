/** Input diversity (Xie et al. 2019): gradients are taken of images that have been made smaller and shifted at random. @module */
import * as tf from '@tensorflow/tfjs-core';
import { real, type ValuesOf } from '../../parameters/index.js';
import type { RandomStream } from '../../random.js';
import { resample } from '../core/resample.js';
import type { ViewPart } from './parts.js';

/** @param probability the default: the paper's 0.5, or 0 for none. */
export const diversityParameters = (probability: number) => ({
  probability: real({
    default: probability,
    minimum: 0,
    maximum: 1,
    description: 'p: how often the image is transformed before its gradient is taken. The paper has 0.5; 0 is no input diversity.',
  }),
  smallest: real({
    default: 0.9,
    minimum: 0.1,
    maximum: 1,
    description:
      "Resize rate: smallest size of the transformed image, as a share of the original's; the rest is black. The paper has 299 of 330 pixels.",
  }),
});

/** @param imageShape height, width and channels. @returns undefined where no image would be transformed. */
export function inputDiversity(
  { probability, smallest }: ValuesOf<ReturnType<typeof diversityParameters>>,
  [height, width]: readonly [number, number, number],
): ViewPart | undefined {
  if (probability === 0) return undefined;
  return {
    variant: 'diversity',
    drawn: { rows: [height, height], columns: [width, width] },
    draw(stream) {
      const transformed = stream.uniform() < probability;
      const share = transformed ? smallest + (1 - smallest) * stream.uniform() : 1;
      return { rows: shrinking(stream, height, share), columns: shrinking(stream, width, share) };
    },
    view: (x, { rows, columns }) => resample(x, rows as tf.Tensor3D, columns as tf.Tensor3D),
  };
}

/**
 * Nearest-neighbour shrinking to a share of the size, and a random place in the black rest, along one axis: a matrix whose rows pick pixels. As a matrix
 * it is an input like any other, so that one compiled function serves all draws.
 * @returns `[size, size]`.
 */
function shrinking(stream: RandomStream, size: number, share: number): Float32Array {
  const smaller = Math.max(1, Math.round(size * share));
  const offset = stream.integer(size - smaller + 1);
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < smaller; i++) matrix[(offset + i) * size + Math.floor(((i + 0.5) * size) / smaller)] = 1;
  return matrix;
}
