/** Minibatches: seeded order, augmentation and masks of dropout. Everything follows from the seed and the step, so that a run can go on from any step. @module */
import { sizeOf } from '../engine/host.js';
import type { HostTensor, HostTensors } from '../engine/types.js';
import type { ImageBatch } from '../data/types.js';
import type { DropoutLayer } from '../models/dropout.js';
import { randomStream, shuffledIndices } from '../random.js';
import { drawn } from './random-inputs.js';

/** Random changes of the images that a network is trained on (He et al. 2016, arXiv 1512.03385, section 4.2). */
export interface Augmentation {
  /** Most pixels that an image is moved by in either direction, black pixels following: a crop from an image padded by as many. */
  readonly shift: number;
  /** Mirrors left and right in half of the cases. */
  readonly mirror: boolean;
}

export interface Minibatch {
  /** `[m, height, width, channels]`, pixels in [0, 1]. */
  readonly images: HostTensor;
  /** `[m]`. */
  readonly labels: HostTensor;
}

export interface MinibatchesOptions {
  readonly data: ImageBatch;
  readonly imageShape: readonly [number, number, number];
  /** What is left over at the end of an epoch is in the next one's order again. */
  readonly batchSize: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
}

export class Minibatches {
  readonly perEpoch: number;
  private order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  constructor(private readonly options: MinibatchesOptions) {
    this.perEpoch = Math.floor(options.data.labels.length / options.batchSize);
  }

  /** @param index counted from 0, over all epochs. */
  at(index: number): Minibatch {
    const { data, imageShape, batchSize, augmentation, seed } = this.options;
    const place = index % this.perEpoch;
    const indices = this.orderOf(Math.floor(index / this.perEpoch)).subarray(place * batchSize, (place + 1) * batchSize);
    const images = gather(data, indices, imageShape);
    const labels = Int32Array.from(indices, (example) => data.labels[example]!);
    return {
      images: isNone(augmentation) ? images : augmented(images, imageShape, augmentation, seed, index),
      labels: { dtype: 'int32', shape: [batchSize], data: labels },
    };
  }

  private orderOf(epoch: number): Uint32Array {
    if (this.order?.epoch !== epoch) {
      const { seed, data } = this.options;
      this.order = { epoch, indices: shuffledIndices(randomStream(seed, 'train.order', epoch), data.labels.length) };
    }
    return this.order.indices;
  }
}

/** The examples at `indices`, pixels in [0, 1]. */
export function gather({ images }: ImageBatch, indices: Uint32Array, imageShape: readonly number[]): HostTensor {
  const size = sizeOf(imageShape);
  const pixels = new Float32Array(indices.length * size);
  for (const [row, index] of indices.entries()) {
    for (let p = 0; p < size; p++) pixels[row * size + p] = images[index * size + p]! / 255;
  }
  return { dtype: 'float32', shape: [indices.length, ...imageShape], data: pixels };
}

/** Masks of one step: 0 where a value is dropped, 1 / (1 - rate) elsewhere. */
export function dropoutMasks(layers: Readonly<Record<string, DropoutLayer>>, m: number, seed: number, step: number): HostTensors {
  return Object.fromEntries(
    Object.entries(layers).map(([name, { shape, rate }]) => {
      const stream = randomStream(seed, `dropout.${name}`, step);
      return [name, drawn([m, ...shape], () => (stream.uniform() < rate ? 0 : 1 / (1 - rate)))];
    }),
  );
}

function isNone({ shift, mirror }: Augmentation): boolean {
  return shift === 0 && !mirror;
}

function augmented(
  images: HostTensor,
  [height, width, channels]: readonly [number, number, number],
  { shift, mirror }: Augmentation,
  seed: number,
  index: number,
): HostTensor {
  const stream = randomStream(seed, 'augmentation', index);
  const size = height * width * channels;
  const result = new Float32Array(images.data.length);
  for (let start = 0; start < result.length; start += size) {
    const [down, right] = [stream.integer(2 * shift + 1) - shift, stream.integer(2 * shift + 1) - shift];
    const mirrored = mirror && stream.integer(2) === 1;
    for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
      for (let x = Math.max(0, -right); x < Math.min(width, width - right); x++) {
        const from = start + ((y + down) * width + (mirrored ? width - 1 - (x + right) : x + right)) * channels;
        const to = start + (y * width + x) * channels;
        for (let c = 0; c < channels; c++) result[to + c] = images.data[from + c]!;
      }
    }
  }
  return { ...images, data: result };
}
