/** All corruptions, in the paper's order, the four others after its 15. @module */
import { ComputeError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import type { ImageShape } from '../../tensors/index.js';
import { defocusBlur, gaussianBlur, glassBlur, motionBlurred, zoomBlur } from './blur.js';
import { brightness, contrast, jpegCompression, pixelate, saturate } from './digital.js';
import { elasticTransform } from './elastic.js';
import { gaussianNoise, impulseNoise, shotNoise, speckleNoise } from './noise.js';
import { spatter } from './spatter.js';
import type { Corruption, CorruptionScale } from './types.js';
import { fog, frost, snow } from './weather.js';

export const corruptions: readonly Corruption[] = [
  gaussianNoise,
  shotNoise,
  impulseNoise,
  defocusBlur,
  glassBlur,
  motionBlurred,
  zoomBlur,
  snow,
  frost,
  fog,
  brightness,
  contrast,
  elasticTransform,
  pixelate,
  jpegCompression,
  speckleNoise,
  gaussianBlur,
  spatter,
  saturate,
];

export const SEVERITIES = [1, 2, 3, 4, 5] as const;

/** Corruption of an image, as one value of a table says. */
export interface CorruptionStep {
  readonly kind: string;
  /** 1 to 5. */
  readonly severity: number;
  /** Which of the published tables. Default: {@link corruptionScaleOf} the image. */
  readonly scale?: CorruptionScale;
}

/** The table for images of the published size that is nearest, in octaves: 32, 64 or 224 pixels. */
export function corruptionScaleOf([height, width]: ImageShape): CorruptionScale {
  const side = Math.min(height, width);
  return side < 45 ? 'CIFAR' : side < 120 ? 'TINY_IMAGENET' : 'IMAGENET';
}

/** @throws ComputeError INVALID_TRANSFORMATION naming those that there are. */
export function findCorruption(kind: string): Corruption {
  const found = corruptions.find((candidate) => candidate.kind === kind);
  if (found) return found;
  throw new ComputeError(
    'INVALID_TRANSFORMATION',
    `There is no corruption "${kind}". Known: ${corruptions.map((known) => known.kind).join(', ')}.`,
    ['kind'],
  );
}

/** @throws ComputeError INVALID_TRANSFORMATION where it is not for images of so many channels. */
export function checkCorruption(kind: string, [, , channels]: ImageShape): void {
  const { channels: allowed } = findCorruption(kind);
  if (!allowed || allowed.includes(channels)) return;
  throw new ComputeError(
    'INVALID_TRANSFORMATION',
    `${kind} is for images of ${allowed.join(' or ')} channels; these have ${channels}. Choose another corruption.`,
    ['kind'],
  );
}

/**
 * @param image `[height, width, channels]`, 8 bits a channel. @param stream of this example, corruption and severity.
 * @returns the same shape, cut off to whole levels as the published code does.
 * @throws ComputeError INVALID_TRANSFORMATION where it is not for so many channels.
 */
export async function corrupted(
  image: Uint8Array,
  shape: ImageShape,
  { kind, severity, scale = corruptionScaleOf(shape) }: CorruptionStep,
  stream: RandomStream,
): Promise<Uint8Array> {
  checkCorruption(kind, shape);
  const [height, width, channels] = shape;
  const values = await findCorruption(kind).apply({ height, width, channels, values: image }, severity, scale, stream);
  return Uint8Array.from(values);
}
