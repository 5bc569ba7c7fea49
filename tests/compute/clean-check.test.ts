/** What a model with the wrong preparation of pixels, or another order of classes, is told. */
import { describe, expect, it } from 'vitest';
import { findOrder } from '../../src/compute/host/class-order.js';
import { asIfPrepared, describePreparation, type PixelPreparation, usualPreparations } from '../../src/compute/models/index.js';
import type { HostTensor } from '../../src/compute/tensors/index.js';
import { randomStream } from '../../src/compute/random.js';

const SHAPE = [4, 5, 3] as const;
const stream = randomStream(1, 'images', 0);
const images: HostTensor = { dtype: 'float32', shape: [2, ...SHAPE], data: Float32Array.from({ length: 120 }, () => stream.uniform()) };

const given: readonly PixelPreparation[] = [
  { valueRange: [0, 1], channelOrder: 'RGB' },
  { valueRange: [-1, 1], channelOrder: 'BGR', mean: [0.1, 0.2, 0.3], std: [0.5, 0.6, 0.7] },
  { valueRange: [0, 1], channelOrder: 'RGB', layout: 'CHANNELS_FIRST' },
];

/** What a network that takes a flat list sees. */
function listOf({ data }: HostTensor, { valueRange: [low, high], channelOrder, mean, std, layout }: PixelPreparation): number[] {
  const [height, width, channels] = SHAPE;
  const prepared = (image: number, pixel: number, channel: number) => {
    const source = channelOrder === 'BGR' ? channels - 1 - channel : channel;
    const value = low + data[(image * height * width + pixel) * channels + source]! * (high - low);
    return (value - (mean?.[channel] ?? 0)) / (std?.[channel] ?? 1);
  };
  const pixels = [...Array(height * width).keys()];
  const order = [...Array(channels).keys()];
  return [0, 1].flatMap((image) =>
    layout === 'CHANNELS_FIRST'
      ? order.flatMap((channel) => pixels.map((pixel) => prepared(image, pixel, channel)))
      : pixels.flatMap((pixel) => order.map((channel) => prepared(image, pixel, channel))),
  );
}

describe.each(given)('a network that was given %j', (own) => {
  it.each(usualPreparations(own, SHAPE).map((wanted) => [describePreparation(wanted, own), wanted] as const))(
    'sees images as with %s, without being opened again',
    (_, wanted) => {
      const seen = listOf(asIfPrepared(images, own, wanted, SHAPE), own);
      for (const [i, value] of listOf(images, wanted).entries()) expect(seen[i]).toBeCloseTo(value, 3);
    },
  );
});

it('the usual preparations are without the given one, and each once', () => {
  const all = usualPreparations({ valueRange: [-1, 1], channelOrder: 'RGB' }, [32, 32, 3]);
  expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(all.length);
  expect(all).not.toContainEqual(expect.objectContaining({ valueRange: [-1, 1], channelOrder: 'RGB', layout: undefined }));
  expect(all.filter(({ channelOrder }) => channelOrder === 'BGR').length).toBeGreaterThan(5);
  const grey = usualPreparations({ valueRange: [0, 1], channelOrder: 'RGB' }, [28, 28, 1]);
  expect(grey.every(({ channelOrder, layout }) => channelOrder === 'RGB' && layout === undefined)).toBe(true);
});

describe('the order of classes', () => {
  const names = ['ship', 'cat', 'dog', 'frog', 'bird', 'deer'];
  const labels = Int32Array.from({ length: 300 }, (_, i) => (i * 7) % 6);
  /** Right on nine of ten, by a map from the data set's classes to the network's. */
  const predicted = (of: (label: number) => number) => labels.map((label, i) => (i % 10 === 0 ? (of(label) + 1 + (i % 5)) % 6 : of(label)));

  it.each([
    ['moved up by one', (label: number) => (label + 5) % 6],
    ['moved down by one', (label: number) => (label + 1) % 6],
    ['in the reverse order', (label: number) => 5 - label],
    ['in the order of their names', (label: number) => [...names].sort().indexOf(names[label]!)],
    ['in the order that its confusions suggest', (label: number) => [3, 0, 1, 5, 4, 2][label]!],
  ])('is found where classes are %s', (description, of) => {
    const advice = findOrder(predicted(of), labels, names)!;
    expect(advice.description).toBe(description);
    for (const label of labels.subarray(0, 6)) expect(advice.classMap[of(label)]).toBe(label);
    expect(advice.right / advice.n).toBeGreaterThan(0.85);
  });

  it('is not found in a model that is right, or that guesses', () => {
    expect(
      findOrder(
        predicted((label) => label),
        labels,
        names,
      ),
    ).toBeNull();
    const random = randomStream(2, 'guess', 0);
    expect(
      findOrder(
        labels.map(() => random.integer(6)),
        labels,
        names,
      ),
    ).toBeNull();
    expect(
      findOrder(
        labels.map(() => 3),
        labels,
        names,
      ),
    ).toBeNull();
  });
});
