/** Noise: of amplifiers, of few photons, of broken pixels. @module */
import { poisson } from './poisson.js';
import { eachValue, fractions, levels } from './pictures.js';
import { defineCorruption } from './types.js';

export const gaussianNoise = defineCorruption({
  kind: 'GAUSSIAN_NOISE',
  group: 'NOISE',
  description: 'Gaussian noise, as of low light.',
  tables: { CIFAR: [0.04, 0.06, 0.08, 0.09, 0.1], TINY_IMAGENET: [0.04, 0.08, 0.12, 0.15, 0.18], IMAGENET: [0.08, 0.12, 0.18, 0.26, 0.38] },
  apply: (image, sigma: number, stream) => eachValue(image, (value) => value + sigma * stream.normal()),
});

export const shotNoise = defineCorruption({
  kind: 'SHOT_NOISE',
  group: 'NOISE',
  description: 'Poisson noise, as of few photons.',
  tables: { CIFAR: [500, 250, 100, 75, 50], TINY_IMAGENET: [250, 100, 50, 30, 15], IMAGENET: [60, 25, 12, 5, 3] },
  apply: (image, photons: number, stream) => eachValue(image, (value) => poisson(stream, value * photons) / photons),
});

export const impulseNoise = defineCorruption({
  kind: 'IMPULSE_NOISE',
  group: 'NOISE',
  description: 'Salt and pepper: a share of all values are 0 or 1.',
  tables: {
    CIFAR: [0.01, 0.02, 0.03, 0.05, 0.07],
    TINY_IMAGENET: [0.01, 0.02, 0.05, 0.08, 0.14],
    IMAGENET: [0.03, 0.06, 0.09, 0.17, 0.27],
  },
  apply(image, share: number, stream) {
    const { values } = fractions(image);
    const isFlipped = Array.from(values, () => stream.uniform() <= share);
    return levels(values.map((value, i) => (stream.uniform() <= 0.5 ? (isFlipped[i]! ? 1 : value) : isFlipped[i]! ? 0 : value)));
  },
});

export const speckleNoise = defineCorruption({
  kind: 'SPECKLE_NOISE',
  group: 'EXTRA',
  description: 'Gaussian noise in proportion to the value.',
  tables: { CIFAR: [0.06, 0.1, 0.12, 0.16, 0.2], TINY_IMAGENET: [0.15, 0.2, 0.25, 0.3, 0.35], IMAGENET: [0.15, 0.2, 0.35, 0.45, 0.6] },
  apply: (image, sigma: number, stream) => eachValue(image, (value) => value + value * (sigma * stream.normal())),
});
