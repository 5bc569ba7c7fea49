/** Blur: out of focus, behind frosted glass, of motion and of a zoom. @module */
import type { RandomStream } from '../../random.js';
import { filter2d, gaussian, type Kernel } from './filters.js';
import { motionBlur } from './motion.js';
import { fractions, levels } from './pictures.js';
import { defineCorruption, type Picture } from './types.js';
import { clippedZoom } from './zoom.js';

/** Radius of the disk, and σ of what smooths its edge. */
type Defocus = readonly [radius: number, alias: number];

export const defocusBlur = defineCorruption<Defocus>({
  kind: 'DEFOCUS_BLUR',
  group: 'BLUR',
  description: 'A lens that is out of focus: a smoothed disk.',
  tables: {
    CIFAR: [
      [0.3, 0.4],
      [0.4, 0.5],
      [0.5, 0.6],
      [1, 0.2],
      [1.5, 0.1],
    ],
    TINY_IMAGENET: [
      [0.5, 0.6],
      [1, 0.1],
      [1.5, 0.1],
      [2.5, 0.01],
      [3, 0.1],
    ],
    IMAGENET: [
      [3, 0.1],
      [4, 0.5],
      [6, 0.5],
      [8, 0.5],
      [10, 0.5],
    ],
  },
  apply: (image, parameters) => levels(filter2d(fractions(image), disk(parameters)).values),
});

function disk([radius, alias]: Defocus): Kernel {
  const reach = radius <= 8 ? 8 : radius;
  const side = 2 * reach + 1;
  const values = Float64Array.from({ length: side * side }, (_, p) =>
    ((p % side) - reach) ** 2 + (Math.floor(p / side) - reach) ** 2 <= radius ** 2 ? 1 : 0,
  );
  const total = values.reduce((sum, value) => sum + value, 0);
  const smoothing = smoothingKernel(radius <= 8 ? 3 : 5, alias);
  // OpenCV's kernels are float32: what sums up to less than 1 cuts levels off.
  const sharp = values.map((value) => Math.fround(value / total));
  const smoothed = filter2d({ height: side, width: side, channels: 1, values: sharp }, smoothing);
  return { side, weights: Float32Array.from(smoothed.values) };
}

/** `cv2.GaussianBlur`'s. */
function smoothingKernel(side: number, sigma: number): Kernel {
  const line = Array.from({ length: side }, (_, i) => Math.exp(-((i - (side - 1) / 2) ** 2) / (2 * sigma * sigma)));
  const total = line.reduce((sum, value) => sum + value, 0);
  const weights = line.map((value) => Math.fround(value / total));
  return { side, weights: weights.flatMap((y) => weights.map((x) => x * y)) };
}

/** σ, how far pixels are exchanged, and how often. */
type Glass = readonly [sigma: number, reach: number, iterations: number];

export const glassBlur = defineCorruption<Glass>({
  kind: 'GLASS_BLUR',
  group: 'BLUR',
  description: 'Frosted glass: pixels are replaced by others nearby, between two Gaussian blurs.',
  tables: {
    CIFAR: [
      [0.05, 1, 1],
      [0.25, 1, 1],
      [0.4, 1, 1],
      [0.25, 1, 2],
      [0.4, 1, 2],
    ],
    TINY_IMAGENET: [
      [0.1, 1, 1],
      [0.5, 1, 1],
      [0.6, 1, 2],
      [0.7, 2, 1],
      [0.9, 2, 2],
    ],
    IMAGENET: [
      [0.7, 1, 2],
      [0.9, 2, 1],
      [1, 2, 3],
      [1.1, 3, 2],
      [1.5, 4, 2],
    ],
  },
  apply(image, [sigma, reach, iterations], stream) {
    const blurred = Uint8Array.from(gaussian(fractions(image), sigma).values, (value) => value * 255);
    for (let i = 0; i < iterations; i++) shuffleNearby({ ...image, values: blurred }, reach, stream);
    return levels(gaussian(fractions({ ...image, values: blurred }), sigma).values);
  },
});

/**
 * In place. The published code means to swap two pixels, `x[h, w], x[h', w'] = x[h', w'], x[h, w]`, but of NumPy's rows, which are views, so that the second
 * is overwritten before it is read: the pixel is replaced and the other stays. So is the published data, and so are ours.
 */
function shuffleNearby({ height, width, channels, values }: Picture<Uint8Array>, reach: number, stream: RandomStream): void {
  for (let y = height - reach; y > reach; y--) {
    for (let x = width - reach; x > reach; x--) {
      const fromX = x + stream.integer(2 * reach) - reach;
      const fromY = y + stream.integer(2 * reach) - reach;
      const from = (fromY * width + fromX) * channels;
      values.copyWithin((y * width + x) * channels, from, from + channels);
    }
  }
}

/** Radius in pixels, and σ. */
type Motion = readonly [radius: number, sigma: number];

export const motionBlurred = defineCorruption<Motion>({
  kind: 'MOTION_BLUR',
  group: 'BLUR',
  description: 'A moving camera, in a random direction of up to 45 degrees from the horizontal.',
  tables: {
    CIFAR: [
      [6, 1],
      [6, 1.5],
      [6, 2],
      [8, 2],
      [9, 2.5],
    ],
    TINY_IMAGENET: [
      [10, 1],
      [10, 1.5],
      [10, 2],
      [10, 2.5],
      [12, 3],
    ],
    IMAGENET: [
      [10, 3],
      [15, 5],
      [15, 8],
      [15, 12],
      [20, 15],
    ],
  },
  apply: (image, [radius, sigma], stream) => motionBlur(image, { radius, sigma, angle: -45 + 90 * stream.uniform() }),
});

/** `numpy.arange(1, stop, step)`. */
type Zoom = readonly [stop: number, step: number];

export const zoomBlur = defineCorruption<Zoom>({
  kind: 'ZOOM_BLUR',
  group: 'BLUR',
  description: 'A camera that moves towards its object: the mean of enlarged pictures.',
  tables: {
    CIFAR: [
      [1.06, 0.01],
      [1.11, 0.01],
      [1.16, 0.01],
      [1.21, 0.01],
      [1.26, 0.01],
    ],
    TINY_IMAGENET: [
      [1.06, 0.01],
      [1.11, 0.01],
      [1.16, 0.01],
      [1.21, 0.01],
      [1.26, 0.01],
    ],
    IMAGENET: [
      [1.11, 0.01],
      [1.16, 0.01],
      [1.21, 0.02],
      [1.26, 0.02],
      [1.31, 0.03],
    ],
  },
  apply(image, [stop, step]) {
    const picture = fractions(image);
    const count = Math.ceil((stop - 1) / step);
    const sum = Float64Array.from(picture.values);
    for (let i = 0; i < count; i++) {
      const { values } = clippedZoom(picture, 1 + i * (1 + step - 1));
      for (let p = 0; p < sum.length; p++) sum[p]! += values[p]!;
    }
    return levels(sum.map((value) => value / (count + 1)));
  },
});

export const gaussianBlur = defineCorruption({
  kind: 'GAUSSIAN_BLUR',
  group: 'EXTRA',
  description: 'Gaussian blur.',
  tables: { CIFAR: [0.4, 0.6, 0.7, 0.8, 1], TINY_IMAGENET: [0.5, 0.75, 1, 1.25, 1.5], IMAGENET: [1, 2, 3, 4, 6] },
  apply: (image, sigma: number) => levels(gaussian(fractions(image), sigma).values),
});
