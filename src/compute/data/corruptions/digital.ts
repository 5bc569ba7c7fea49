/** What cameras' and servers' software does to images. @module */
import { loadSharp } from '../load-sharp.js';
import { fromPixels, toPixels } from '../transformations/pixels.js';
import { hsvToRgb, rgbToHsv } from './colours.js';
import { eachValue, fractions, levels } from './pictures.js';
import { defineCorruption, type Picture } from './types.js';

export const brightness = defineCorruption({
  kind: 'BRIGHTNESS',
  group: 'WEATHER',
  description: 'Daylight: adds to the value of HSV.',
  channels: [1, 3],
  tables: { CIFAR: [0.05, 0.1, 0.15, 0.2, 0.3], TINY_IMAGENET: [0.1, 0.2, 0.3, 0.4, 0.5], IMAGENET: [0.1, 0.2, 0.3, 0.4, 0.5] },
  apply(image, added: number) {
    if (image.channels === 1) return eachValue(image, (value) => value + added);
    return inHsv(image, 2, (value) => value + added);
  },
});

/** Factor of the saturation, and what is added. */
type Saturation = readonly [factor: number, added: number];

export const saturate = defineCorruption<Saturation>({
  kind: 'SATURATE',
  group: 'EXTRA',
  description: 'Colours that are paler or stronger.',
  channels: [3],
  tables: {
    CIFAR: [
      [0.3, 0],
      [0.1, 0],
      [1.5, 0],
      [2, 0.1],
      [2.5, 0.2],
    ],
    TINY_IMAGENET: [
      [0.3, 0],
      [0.1, 0],
      [2, 0],
      [5, 0.1],
      [30, 0.2],
    ],
    IMAGENET: [
      [0.3, 0],
      [0.1, 0],
      [2, 0],
      [5, 0.1],
      [20, 0.2],
    ],
  },
  apply(image, [factor, added]) {
    return inHsv(image, 1, (value) => value * factor + added);
  },
});

/** Changes one channel of HSV, and cuts it to [0, 1]. */
function inHsv(image: Picture<Uint8Array>, channel: 1 | 2, change: (value: number) => number): Float64Array {
  const { values } = fractions(image);
  for (let p = 0; p < values.length; p += 3) {
    rgbToHsv(values, p);
    values[p + channel] = Math.min(1, Math.max(0, change(values[p + channel]!)));
    hsvToRgb(values, p);
  }
  return levels(values);
}

export const contrast = defineCorruption({
  kind: 'CONTRAST',
  group: 'DIGITAL',
  description: 'Flattens the distance of every value from the mean of its channel.',
  tables: { CIFAR: [0.75, 0.5, 0.4, 0.3, 0.15], TINY_IMAGENET: [0.4, 0.3, 0.2, 0.1, 0.05], IMAGENET: [0.4, 0.3, 0.2, 0.1, 0.05] },
  apply(image, factor: number) {
    const { values, channels } = fractions(image);
    const means = new Float64Array(channels);
    for (const [p, value] of values.entries()) means[p % channels]! += value;
    const pixels = values.length / channels;
    return levels(values.map((value, p) => (value - means[p % channels]! / pixels) * factor + means[p % channels]! / pixels));
  },
});

export const jpegCompression = defineCorruption({
  kind: 'JPEG_COMPRESSION',
  group: 'DIGITAL',
  description: 'Stores as JPEG and reads it again.',
  channels: [1, 3],
  tables: { CIFAR: [80, 65, 58, 50, 40], TINY_IMAGENET: [65, 58, 50, 40, 25], IMAGENET: [25, 18, 15, 10, 7] },
  async apply({ height, width, channels, values }, quality: number) {
    const shape = [height, width, channels] as const;
    const file = await (await fromPixels(values, shape)).jpeg({ quality }).toBuffer();
    return toPixels((await loadSharp())(file), shape);
  },
});

export const pixelate = defineCorruption({
  kind: 'PIXELATE',
  group: 'DIGITAL',
  description: 'Shrinks to fewer pixels and enlarges them again.',
  tables: { CIFAR: [0.95, 0.9, 0.85, 0.75, 0.65], TINY_IMAGENET: [0.9, 0.8, 0.7, 0.6, 0.5], IMAGENET: [0.6, 0.5, 0.4, 0.3, 0.25] },
  apply(image, factor: number) {
    const { height, width } = image;
    const small = boxResized(image, Math.max(1, Math.trunc(height * factor)), Math.max(1, Math.trunc(width * factor)));
    return boxResized(small, height, width).values;
  },
});

/** `PIL.Image.resize` with `BOX`: columns first, 8 bits between and after. */
function boxResized(picture: Picture<Uint8Array>, height: number, width: number): Picture<Uint8Array> {
  return transposed(boxRows(transposed(boxRows(picture, width)), height));
}

/** Each row to so many pixels. */
function boxRows({ height, width, channels, values }: Picture<Uint8Array>, outputs: number): Picture<Uint8Array> {
  if (outputs === width) return { height, width, channels, values };
  const scale = width / outputs;
  const support = 0.5 * Math.max(1, scale);
  const out = new Uint8ClampedArray(height * outputs * channels);
  for (let x = 0; x < outputs; x++) {
    const centre = (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(width, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: end - first }, (_, i) => {
      const distance = (i + first - centre + 0.5) / Math.max(1, scale);
      return Number(distance > -0.5 && distance <= 0.5);
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let y = 0; y < height; y++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const [i, weight] of weights.entries()) sum += (weight / total) * values[(y * width + first + i) * channels + c]!;
        // Weights of 22 bits, as Pillow's, would end at the same level but where they miss a half by less than 1e-6.
        out[(y * outputs + x) * channels + c] = Math.floor(sum + 0.5 + 1e-9);
      }
    }
  }
  return { height, width: outputs, channels, values: new Uint8Array(out.buffer) };
}

function transposed({ height, width, channels, values }: Picture<Uint8Array>): Picture<Uint8Array> {
  const out = new Uint8Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      out.set(values.subarray(from, from + channels), (x * height + y) * channels);
    }
  }
  return { height: width, width: height, channels, values: out };
}
