/** Snow, frost and fog. @module */
import { motionBlur } from './motion.js';
import { fractions, levels } from './pictures.js';
import { plasmaFractal } from './plasma.js';
import { defineCorruption, type Picture } from './types.js';
import { clippedZoom } from './zoom.js';

/** Mean and σ of the flakes, their size, the threshold under which there is none, radius and σ of their motion, and how much of the image stays. */
type Snow = readonly [mean: number, sigma: number, zoom: number, threshold: number, radius: number, motion: number, kept: number];

export const snow = defineCorruption<Snow>({
  kind: 'SNOW',
  group: 'WEATHER',
  description: 'Snow that falls in a random direction.',
  channels: [1, 3],
  tables: {
    CIFAR: [
      [0.1, 0.2, 1, 0.6, 8, 3, 0.95],
      [0.1, 0.2, 1, 0.5, 10, 4, 0.9],
      [0.15, 0.3, 1.75, 0.55, 10, 4, 0.9],
      [0.25, 0.3, 2.25, 0.6, 12, 6, 0.85],
      [0.3, 0.3, 1.25, 0.65, 14, 12, 0.8],
    ],
    TINY_IMAGENET: [
      [0.1, 0.2, 1, 0.6, 8, 3, 0.8],
      [0.1, 0.2, 1, 0.5, 10, 4, 0.8],
      [0.15, 0.3, 1.75, 0.55, 10, 4, 0.7],
      [0.25, 0.3, 2.25, 0.6, 12, 6, 0.65],
      [0.3, 0.3, 1.25, 0.65, 14, 12, 0.6],
    ],
    IMAGENET: [
      [0.1, 0.3, 3, 0.5, 10, 4, 0.8],
      [0.2, 0.3, 2, 0.5, 12, 4, 0.7],
      [0.55, 0.3, 4, 0.9, 12, 8, 0.7],
      [0.55, 0.3, 4.5, 0.85, 12, 8, 0.65],
      [0.55, 0.3, 2.5, 0.85, 12, 12, 0.55],
    ],
  },
  apply(image, [mean, sigma, zoom, threshold, radius, motion, kept], stream) {
    const { height, width, channels, values } = fractions(image);
    const noise = Float64Array.from({ length: height * width }, () => mean + sigma * stream.normal());
    const flakes = clippedZoom({ height, width, channels: 1, values: noise }, zoom);
    const layer = Uint8Array.from(flakes.values, (value) => (value < threshold ? 0 : 255 * Math.min(1, Math.max(0, value))));
    const angle = -135 + 90 * stream.uniform();
    const blown = motionBlur({ height, width, channels: 1, values: layer }, { radius, sigma: motion, angle }).map((level) => level / 255);
    const pixels = height * width;
    return levels(
      values.map((value, i) => {
        const p = Math.floor(i / channels);
        const whiter = Math.max(value, greyOf(values, p * channels, channels) * 1.5 + 0.5);
        // Once as it falls, and once turned by 180 degrees.
        return kept * value + (1 - kept) * whiter + blown[p]! + blown[pixels - 1 - p]!;
      }),
    );
  },
});

/** Luma of a pixel. */
function greyOf(values: Float64Array, at: number, channels: number): number {
  return channels === 1 ? values[at]! : 0.299 * values[at]! + 0.587 * values[at + 1]! + 0.114 * values[at + 2]!;
}

/** Largest addition, and the decay of the cloud. */
type Fog = readonly [strength: number, decay: number];

export const fog = defineCorruption<Fog>({
  kind: 'FOG',
  group: 'WEATHER',
  description: 'Clouds in front of the scene: a plasma fractal.',
  tables: {
    CIFAR: [
      [0.2, 3],
      [0.5, 3],
      [0.75, 2.5],
      [1, 2],
      [1.5, 1.75],
    ],
    TINY_IMAGENET: [
      [0.4, 3],
      [0.7, 3],
      [1, 2.5],
      [1.5, 2],
      [2, 1.75],
    ],
    IMAGENET: [
      [1.5, 2],
      [2, 2],
      [2.5, 1.7],
      [2.5, 1.5],
      [3, 1.4],
    ],
  },
  apply(image, [strength, decay], stream) {
    const { height, width, channels, values } = fractions(image);
    const cloud = plasmaFractal(height, width, decay, stream).values;
    const brightest = values.reduce((most, value) => Math.max(most, value), 0);
    return levels(values.map((value, i) => ((value + strength * cloud[Math.floor(i / channels)]!) * brightest) / (brightest + strength)));
  },
});

/** How much of the image stays, and how much of the frost is added. */
type Frost = readonly [kept: number, added: number];

/**
 * Mean and deviation of the levels of the five photographs that the published code draws from, red, green and blue. (The second and the third are the same
 * picture; a sixth is never drawn.)
 */
const PHOTOGRAPHS = [
  { mean: [78, 149, 166], deviation: [27, 16, 15] },
  { mean: [201, 205, 214], deviation: [21, 22, 23] },
  { mean: [201, 205, 214], deviation: [21, 22, 23] },
  { mean: [138, 153, 165], deviation: [28, 28, 30] },
  { mean: [112, 123, 135], deviation: [44, 43, 42] },
] as const;

/** Of all scales nearly as much, as the photographs have. */
const CRYSTAL_DECAY = 1.2;

export const frost = defineCorruption<Frost>({
  kind: 'FROST',
  group: 'WEATHER',
  description:
    'Ice crystals on the lens. The published code adds photographs; this adds crystals that are computed, with the mean and the deviation of those photographs, so that numbers are near to the published ones and not the same.',
  channels: [1, 3],
  tables: {
    CIFAR: [
      [1, 0.2],
      [1, 0.3],
      [0.9, 0.4],
      [0.85, 0.4],
      [0.75, 0.45],
    ],
    TINY_IMAGENET: [
      [1, 0.3],
      [0.9, 0.4],
      [0.8, 0.45],
      [0.75, 0.5],
      [0.7, 0.55],
    ],
    IMAGENET: [
      [1, 0.4],
      [0.8, 0.6],
      [0.7, 0.7],
      [0.65, 0.7],
      [0.6, 0.75],
    ],
  },
  apply(image, [kept, added], stream) {
    const { mean, deviation } = PHOTOGRAPHS[stream.integer(PHOTOGRAPHS.length)]!;
    const { height, width, channels, values } = image;
    const crystals = standardised(ridges(plasmaFractal(height, width, CRYSTAL_DECAY, stream)));
    const level = (p: number, c: number) => Math.min(255, Math.max(0, mean[c]! + deviation[c]! * crystals[p]!));
    const ice = (p: number, c: number) => (channels === 3 ? level(p, c) : 0.299 * level(p, 0) + 0.587 * level(p, 1) + 0.114 * level(p, 2));
    return Float64Array.from(values, (value, i) =>
      Math.min(255, Math.max(0, kept * value + added * ice(Math.floor(i / channels), i % channels))),
    );
  },
});

/** Bright lines where a cloud is of middle value: edges of crystals. */
const ridges = ({ values }: Picture) => values.map((value) => 1 - Math.abs(2 * value - 1));

function standardised(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return values.map((value) => (deviation > 0 ? (value - mean) / deviation : 0));
}
