/** Ways in which networks are usually given pixels, and what one of them would look like to a network that was given another. @module */
import type { HostTensor } from '../tensors/index.js';
import { affineOf } from './preprocess.js';
import type { Layout } from './layout.js';
import type { ModelSpec, PixelPreparation } from './types.js';

type Scaling = Pick<ModelSpec, 'valueRange' | 'mean' | 'std'>;

const RANGES: readonly Scaling[] = [{ valueRange: [0, 1] }, { valueRange: [-1, 1] }, { valueRange: [0, 255] }];

/** Means and deviations of training data, as its users write them. */
const OF_COLOURS: readonly Scaling[] = [
  // ImageNet: torchvision, and in levels.
  { valueRange: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  { valueRange: [0, 255], mean: [123.675, 116.28, 103.53] },
  // CIFAR-10 with the deviation of all pixels, and with the mean of the deviations of single images, which many scripts have.
  { valueRange: [0, 1], mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  { valueRange: [0, 1], mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
];
const OF_GREYS: readonly Scaling[] = [
  // MNIST and Fashion-MNIST.
  { valueRange: [0, 1], mean: [0.1307], std: [0.3081] },
  { valueRange: [0, 1], mean: [0.286], std: [0.353] },
];
/** Keras's `caffe` mode: levels, blue first, without the mean of ImageNet. */
const CAFFE: PixelPreparation = { valueRange: [0, 255], channelOrder: 'BGR', mean: [103.939, 116.779, 123.68] };

/** Every usual preparation of images of so many channels but the given one. */
export function usualPreparations(given: PixelPreparation, inputShape: ModelSpec['inputShape']): PixelPreparation[] {
  const channels = inputShape[2];
  const scalings = [...RANGES, ...(channels === 3 ? OF_COLOURS : channels === 1 ? OF_GREYS : [])];
  const orders = channels === 3 ? (['RGB', 'BGR'] as const) : (['RGB'] as const);
  // In the given layout first: what changes less is preferred where both are as good.
  const layouts: readonly (Layout | undefined)[] =
    channels === 1 ? [given.layout] : [given.layout, given.layout === 'CHANNELS_FIRST' ? 'CHANNELS_LAST' : 'CHANNELS_FIRST'];
  const all = layouts.flatMap((layout) =>
    [
      given,
      ...orders.flatMap((channelOrder) => scalings.map((scaling) => ({ ...scaling, channelOrder }))),
      ...(channels === 3 ? [CAFFE] : []),
    ]
      // Another layout is tried with the ranges alone.
      .filter(({ mean }) => layout === given.layout || mean === undefined)
      .map((one) => ({ ...one, layout })),
  );
  const seen = new Set<string>();
  return all.filter((one) => {
    const key = keyOf(one, inputShape);
    if (seen.has(key)) return false;
    seen.add(key);
    return key !== keyOf(given, inputShape);
  });
}

function keyOf({ channelOrder, layout, ...scaling }: PixelPreparation, inputShape: ModelSpec['inputShape']): string {
  const { scale, shift } = affineOf({ ...scaling, channelOrder, inputShape });
  return JSON.stringify([scale, shift, inputShape[2] === 3 ? channelOrder : null, layout ?? null]);
}

/**
 * Images that a network with the spec `given` sees as it would see `images` with another preparation, so that it need not be opened again for each. Of another
 * layout that is so for networks that take an image as a flat list; others see no image.
 * @param images `[n, height, width, channels]`, pixels in [0, 1]. @returns the same shape, of any values.
 */
export function asIfPrepared(
  images: HostTensor,
  given: PixelPreparation,
  wanted: PixelPreparation,
  inputShape: ModelSpec['inputShape'],
): HostTensor {
  const [height, width, channels] = inputShape;
  const pixels = height * width;
  const [to, from] = [wanted, given].map((one) => affineOf({ ...one, inputShape })) as [
    ReturnType<typeof affineOf>,
    ReturnType<typeof affineOf>,
  ];
  const source = images.data as Float32Array;
  const data = new Float32Array(source.length);
  for (let start = 0; start < source.length; start += pixels * channels) {
    for (let i = 0; i < pixels * channels; i++) {
      // Place i of the network's input: what the one preparation brings there, and what the other would have to.
      const [a, b] = [placeOf(wanted.layout, i, pixels, channels), placeOf(given.layout, i, pixels, channels)];
      const value =
        source[start + a.pixel * channels + sourceOf(wanted, a.channel, channels)]! * to.scale[a.channel]! + to.shift[a.channel]!;
      data[start + b.pixel * channels + sourceOf(given, b.channel, channels)] = (value - from.shift[b.channel]!) / from.scale[b.channel]!;
    }
  }
  return { ...images, data };
}

/** Channel of an image that channel `channel` of the network's is made of. */
const sourceOf = ({ channelOrder }: PixelPreparation, channel: number, channels: number) =>
  channels === 3 && channelOrder === 'BGR' ? channels - 1 - channel : channel;

/** Which value is at a place of the network's input. */
function placeOf(layout: Layout | undefined, place: number, pixels: number, channels: number): { pixel: number; channel: number } {
  if (layout === 'CHANNELS_FIRST') return { pixel: place % pixels, channel: Math.floor(place / pixels) };
  return { pixel: Math.floor(place / channels), channel: place % channels };
}

/** In words of the spec, what differs from another. */
export function describePreparation(one: PixelPreparation, other: PixelPreparation): string {
  const list = (values: readonly number[]) => `[${values.join(', ')}]`;
  const parts = [
    ...(list(one.valueRange) === list(other.valueRange) ? [] : [`valueRange ${list(one.valueRange)}`]),
    ...(one.channelOrder === other.channelOrder ? [] : [`channelOrder ${one.channelOrder}`]),
    ...(one.layout === other.layout || one.layout === undefined ? [] : [`layout ${one.layout}`]),
    ...describedVector('mean', one.mean, other.mean),
    ...describedVector('std', one.std, other.std),
  ];
  return parts.join(', ');
}

function describedVector(name: string, one: readonly number[] | undefined, other: readonly number[] | undefined): string[] {
  if (String(one) === String(other)) return [];
  return [one ? `${name} [${one.join(', ')}]` : `no ${name}`];
}
