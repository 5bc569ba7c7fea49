/** Translation invariance (Dong et al. 2019): the gradient smoothed by a kernel, which stands for its weighted mean over shifted images. @module */
import * as tf from '@tensorflow/tfjs-core';
import { choice, integer, real, type ValuesOf } from '../../parameters/index.js';
import type { GradientPart } from './parts.js';

const KERNELS = {
  NONE: 'No smoothing.',
  GAUSSIAN: 'Weights of a normal distribution, as in the paper.',
  UNIFORM: 'Equal weights.',
  LINEAR: 'Weights that fall linearly with the distance along each axis.',
};

/** At a radius of 1, σ = 1/3 of a pixel, neighbours weigh 1 % and nothing is smoothed. */
const SMALLEST_RADIUS = 2;

/** The paper's radius, and the size of its images. */
const [PAPER_RADIUS, PAPER_SIDE] = [7, 299];

export const translationParameters = (kernel: keyof typeof KERNELS) => ({
  kernel: choice({
    enumName: 'TranslationKernel',
    values: KERNELS,
    default: kernel,
    description: 'The kernel that smooths the gradient. Its weights have the sum 1.',
  }),
  radius: integer({
    minimum: 0,
    maximum: 50,
    description:
      "k: the kernel has 2k + 1 pixels a side. Absent: round(7 · side / 299), at least 2, for the longer side of the images: the paper's 7 (a kernel of 15) is for images of 299 pixels, and covers half of one of 28 or 32. A radius of 1 smooths nothing.",
  }),
  deviations: real({
    default: 3,
    minimum: 0.1,
    maximum: 10,
    description: "Standard deviations in a radius of the Gaussian kernel, which so has σ = k / deviations. The authors' code has 3.",
  }),
});

export type TranslationValues = ValuesOf<ReturnType<typeof translationParameters>>;

/** @param imageShape height, width and channels. @returns undefined where the kernel is a single pixel. */
export function translation(values: TranslationValues, imageShape: readonly [number, number, number]): GradientPart | undefined {
  const { kernel, radius = radiusFor(imageShape), deviations } = values;
  if (kernel === 'NONE' || radius === 0) return undefined;
  const weights = kernelWeights(kernel, radius, deviations);
  const channels = imageShape[2];
  return {
    variant: `${kernel}.${radius}.${deviations}`,
    smooth: (gradient) => tf.depthwiseConv2d(gradient as tf.Tensor4D, squareKernel(weights, channels), 1, 'same'),
  };
}

function radiusFor([height, width]: readonly [number, number, number]): number {
  return Math.max(SMALLEST_RADIUS, Math.round((PAPER_RADIUS * Math.max(height, width)) / PAPER_SIDE));
}

/** Weights along one axis, `2 · radius + 1` of them with the sum 1. */
export function kernelWeights(kernel: Exclude<keyof typeof KERNELS, 'NONE'>, radius: number, deviations: number): Float64Array {
  const weightAt = {
    GAUSSIAN: (distance: number) => Math.exp(-((distance * deviations) ** 2) / (2 * radius ** 2)),
    UNIFORM: () => 1,
    LINEAR: (distance: number) => 1 - distance / (radius + 1),
  }[kernel];
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => weightAt(Math.abs(i - radius)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** @returns `[side, side, channels, 1]`: the outer product of the weights with themselves, for every channel. */
function squareKernel(weights: Float64Array, channels: number): tf.Tensor4D {
  const side = weights.length;
  const kernel = Float32Array.from({ length: side * side * channels }, (_, at) => {
    const pixel = Math.floor(at / channels);
    return weights[Math.floor(pixel / side)]! * weights[pixel % side]!;
  });
  return tf.tensor4d(kernel, [side, side, channels, 1]);
}
