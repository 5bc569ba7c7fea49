/** Minibatches: seeded order, augmentation and masks of dropout. Everything follows from the seed and the step, so that a run can go on from any step. @module */
import { type Examples, openShared, type SharedExamples } from '../data/index.js';
import { type HostTensor, type HostTensors, sizeOf } from '../tensors/index.js';
import { fromStored } from '../distances/index.js';
import type { DropoutLayer } from '../models/index.js';
import { randomStream, type RandomStream, shuffledIndices } from '../random.js';
import { ExampleOrder, type ExampleRange } from './example-order.js';
import { drawn, floats } from './random-inputs.js';

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

/** Examples of another data set, in every minibatch. */
export interface ExtraExamples {
  readonly examples: SharedExamples;
  /** Of each minibatch. */
  readonly count: number;
  /** Examples that are left out. */
  readonly heldOut?: ExampleRange;
}

export interface MinibatchesOptions {
  readonly examples: SharedExamples;
  /** What takes a part of each minibatch, the rest of which is of `examples`. */
  readonly extras?: readonly ExtraExamples[];
  /** Of these, m are drawn for each minibatch, as its member `unlabelled`. */
  readonly unlabelled?: SharedExamples;
  /** Examples that are left out. */
  readonly heldOut?: ExampleRange;
  /** What is left over at the end of an epoch is in the next one's order again. */
  readonly batchSize: number;
  readonly augmentation: Augmentation;
  readonly seed: number;
}

interface Part {
  readonly examples: Examples;
  readonly order: ExampleOrder;
}

interface LabelledImages {
  /** Pixels in [0, 1]. */
  readonly images: HostTensor;
  readonly labels: Int32Array;
}

export class Minibatches {
  private constructor(
    private readonly options: MinibatchesOptions,
    /** The data set, then the extra ones. */
    private readonly parts: readonly Part[],
    private readonly unlabelled: Examples | undefined,
  ) {}

  /** @throws ComputeError INVALID_DATASET. */
  static async open(options: MinibatchesOptions): Promise<Minibatches> {
    const { examples, heldOut, extras = [], batchSize, seed, unlabelled } = options;
    const count = batchSize - extras.reduce((sum, extra) => sum + extra.count, 0);
    const parts = await Promise.all(
      [{ examples, heldOut, count }, ...extras].map(async (part, i) => ({
        examples: await openShared(part.examples),
        order: new ExampleOrder(seed, i === 0 ? 'train.order' : `train.order.extra.${i}`, part.examples.info.exampleCount, part),
      })),
    );
    return new Minibatches(options, parts, unlabelled && (await openShared(unlabelled)));
  }

  /** @param index counted from 0, over all epochs. @throws ComputeError INVALID_DATASET. */
  async at(index: number): Promise<Minibatch> {
    const { examples, batchSize, augmentation, seed } = this.options;
    const { imageShape } = examples.info;
    const parts = await Promise.all(
      this.parts.map(async ({ examples, order }) => {
        const { images, labels } = await examples.read(order.at(index));
        return { images: fromStored(images, [labels.length, ...imageShape]), labels };
      }),
    );
    const { images, labels } = parts.length === 1 ? parts[0]! : mixed(parts, sizeOf(imageShape), randomStream(seed, 'train.mix', index));
    const shaped = { ...images, shape: [batchSize, ...imageShape] };
    return {
      images: isNone(augmentation) ? shaped : augmented(shaped, imageShape, augmentation, seed, index),
      labels: { dtype: 'int32', shape: [batchSize], data: labels },
      ...(await this.unlabelledAt(index)),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.parts.map(({ examples }) => examples.close()), this.unlabelled?.close()]);
  }

  private async unlabelledAt(index: number): Promise<HostTensors> {
    const { unlabelled, batchSize, seed } = this.options;
    if (!unlabelled) return {};
    const stream = randomStream(seed, 'vat.unlabelled', index);
    const indices = Uint32Array.from({ length: batchSize }, () => stream.integer(unlabelled.info.exampleCount));
    const { images } = await this.unlabelled!.read(indices);
    return { unlabelled: fromStored(images, [batchSize, ...unlabelled.info.imageShape]) };
  }
}

/** Examples of all parts in a random order: schemes treat the first of a minibatch in another way than the last ones. */
function mixed(parts: readonly LabelledImages[], size: number, stream: RandomStream): LabelledImages {
  const rows = parts.flatMap(({ images, labels }) =>
    Array.from(labels, (label, i) => [images.data.subarray(i * size, (i + 1) * size), label] as const),
  );
  const images = new Float32Array(rows.length * size);
  const labels = new Int32Array(rows.length);
  for (const [to, from] of shuffledIndices(stream, rows.length).entries()) {
    const [pixels, label] = rows[from]!;
    images.set(pixels, to * size);
    labels[to] = label;
  }
  return { images: floats([rows.length, size], images), labels };
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
