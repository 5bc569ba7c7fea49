/** Images that a model is tried on before anyone relies on it. @module */
import { concatenate, type HostTensor, sizeOf } from '../tensors/index.js';
import { randomStream } from '../random.js';

export interface TrialImages {
  /** `[n, height, width, channels]`, pixels in [0, 1]. */
  readonly images: HostTensor;
  /** What each of them is, for messages. */
  readonly names: readonly string[];
  /** How many of them, from the first on, any model of images must have finite scores and gradients for. */
  readonly ordinary: number;
}

const NOISE = 2;

/** Always the same. */
export function noiseImages(shape: readonly number[], count = NOISE): HostTensor {
  const stream = randomStream(0, 'dry-run', 0);
  return {
    dtype: 'float32',
    shape: [count, ...shape],
    data: Float32Array.from({ length: count * sizeOf(shape) }, () => stream.uniform()),
  };
}

/** Noise alone, for models whose every answer costs. */
export function noiseTrial(shape: readonly number[]): TrialImages {
  return { images: noiseImages(shape), names: Array<string>(NOISE).fill('noise'), ordinary: NOISE };
}

/**
 * Noise, real images where there are some, and images of one value, for which norms and deviations are zero.
 * @param real `[n, height, width, channels]`, pixels in [0, 1].
 */
export function trialImages(shape: readonly number[], real?: HostTensor): TrialImages {
  const constant = (value: number): HostTensor => ({
    dtype: 'float32',
    shape: [1, ...shape],
    data: new Float32Array(sizeOf(shape)).fill(value),
  });
  const parts = [noiseImages(shape), ...(real ? [real] : []), constant(0), constant(1), constant(0.5)];
  const ordinary = NOISE + (real?.shape[0] ?? 0);
  const images = concatenate(parts.map((part) => ({ images: part }))).images!;
  const names = [
    ...Array.from({ length: ordinary }, (_, i) => (i < NOISE ? 'an image of noise' : 'an image of the data set')),
    'a black image',
    'a white image',
    'a grey image',
  ];
  return { images, names, ordinary };
}
