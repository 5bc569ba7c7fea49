/** Minibatches: seeded order, augmentation and masks of dropout. Everything follows from the seed and the step, so that a run can go on from any step. @module */
import { type Examples, openShared, type SharedExamples } from '../data/index.js';
import type { HostTensor, HostTensors } from '../tensors/index.js';
import { fromStored } from '../distances/index.js';
import type { DropoutLayer } from '../models/index.js';
import { randomStream, shuffledIndices } from '../random.js';
import { drawn } from './random-inputs.js';

/** Random changes of the images that a network is trained on (He et al. 2016, arXiv 1512.03385, section 4.2). */
export interface Augmentation {
  /** Most pixels that an image is moved by in either direction, black pixels following: a crop from an image padded by as many. */
  readonly shift: number;
  /** Mirrors left and right in half of the cases. */
  readonly mirror: boolean;
}

export interface Minibatch extends HostTensors {
  /** `[m, height, width, channels]`, pixels in [0, 1]. */
  images: HostTensor;
  /** `[m]`. */
  labels: HostTensor;
}

export interface ExampleRange {
  /** Position of the first. */
  readonly offset: number;
  readonly count: number;
}

export interface MinibatchesOptions {
  readonly examples: SharedExamples;
  /** Of these, m are drawn for each minibatch, as its member `unlabelled`. */
  readonly unlabelled?: SharedExamples;
  /** Examples that are left out. */
  readonly heldOut?: ExampleRange;
  /** What is left over at the end of an epoch is in the next one's order again. */
  readonly batchSize: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
}

export class Minibatches {
  private readonly exampleCount: number;
  private readonly perEpoch: number;
  private order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  private constructor(
    private readonly options: MinibatchesOptions,
    private readonly examples: Examples,
    private readonly unlabelled: Examples | undefined,
  ) {
    this.exampleCount = options.examples.info.exampleCount - (options.heldOut?.count ?? 0);
    this.perEpoch = Math.floor(this.exampleCount / options.batchSize);
  }

  /** @throws ComputeError INVALID_DATASET. */
  static async open(options: MinibatchesOptions): Promise<Minibatches> {
    const { examples, unlabelled } = options;
    return new Minibatches(options, await openShared(examples), unlabelled && (await openShared(unlabelled)));
  }

  /** @param index counted from 0, over all epochs. @throws ComputeError INVALID_DATASET. */
  async at(index: number): Promise<Minibatch> {
    const { examples, batchSize, augmentation, seed } = this.options;
    const { imageShape } = examples.info;
    const place = index % this.perEpoch;
    const indices = this.orderOf(Math.floor(index / this.perEpoch)).subarray(place * batchSize, (place + 1) * batchSize);
    const stored = await this.examples.read(indices);
    const images = fromStored(stored.images, [batchSize, ...imageShape]);
    return {
      images: isNone(augmentation) ? images : augmented(images, imageShape, augmentation, seed, index),
      labels: { dtype: 'int32', shape: [batchSize], data: stored.labels },
      ...(await this.unlabelledAt(index)),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.examples.close(), this.unlabelled?.close()]);
  }

  private async unlabelledAt(index: number): Promise<HostTensors> {
    const { unlabelled, batchSize, seed } = this.options;
    if (!unlabelled) return {};
    const stream = randomStream(seed, 'vat.unlabelled', index);
    const indices = Uint32Array.from({ length: batchSize }, () => stream.integer(unlabelled.info.exampleCount));
    const { images } = await this.unlabelled!.read(indices);
    return { unlabelled: fromStored(images, [batchSize, ...unlabelled.info.imageShape]) };
  }

  private orderOf(epoch: number): Uint32Array {
    if (this.order?.epoch !== epoch) {
      const { seed, heldOut = { offset: 0, count: 0 } } = this.options;
      const order = shuffledIndices(randomStream(seed, 'train.order', epoch), this.exampleCount);
      this.order = { epoch, indices: order.map((index) => (index < heldOut.offset ? index : index + heldOut.count)) };
    }
    return this.order.indices;
  }
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
