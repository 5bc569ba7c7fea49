/** Pictures of uploads, kind by kind: each has the levels that it holds, or is refused by what is wrong. Files are those of Pillow. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/compute/data/uploads/decode-picture.js';
import { resize } from '../../src/compute/data/uploads/resize.js';
import type { RawImage } from '../../src/compute/data/uploads/types.js';

const FIXTURES = 'tests/fixtures/pictures';
const expected = JSON.parse(await readFile(join(FIXTURES, 'expected.json'), 'utf8')) as Record<string, [number, number, string]>;
const pillow = (name: string) => [...Buffer.from(expected[name]![2], 'base64')];
const decode = (bytes: Uint8Array, at = 'a/0.png') => decodePicture(bytes, at, { maximumPixels: 1000 });
const decoded = async (name: string) => decode(await readFile(join(FIXTURES, name)), name);

describe('a picture of an upload', () => {
  it.each([
    'rgb.png',
    'rgb.bmp',
    'rgb.ppm',
    'rgb.tif',
    'rgb.webp',
    'rgb.jpg',
    'p.png',
    'p.tif',
    'p8.png',
    'p8.bmp',
    // Its transparent colour is that of no pixel.
    'rgbtrns.png',
    'cmyk.jpg',
    'cmyk.tif',
  ])('%s is RGB as Pillow has it', async (name) => {
    const { levels, shape } = await decoded(name);
    const [width, height] = expected[name]!;
    expect(shape).toEqual([height, width, 3]);
    expect(levels).toBeInstanceOf(Uint8Array);
    expect([...levels]).toEqual(pillow(name));
  });

  it.each(['g.png', 'g.jpg', 'g.tif', 'one.png', 'one.tif'])('%s is grey, with the values that Pillow makes three of', async (name) => {
    const { levels, shape } = await decoded(name);
    expect(shape).toEqual([4, 5, 1]);
    expect([...levels].flatMap((value) => [value, value, value])).toEqual(pillow(name));
  });

  it.each(['g16.png', 'g16.tif'])('%s keeps its 16 bits', async (name) => {
    const { levels, shape } = await decoded(name);
    expect(shape).toEqual([4, 5, 1]);
    expect(levels).toBeInstanceOf(Uint16Array);
    // Pillow cuts them at 255.
    expect([...levels].flatMap((value) => Array.from({ length: 3 }, () => Math.min(255, value)))).toEqual(pillow(name));
    expect(Math.max(...levels)).toBeGreaterThan(255);
  });

  it('of RGB and 16 bits keeps them', async () => {
    const { levels, shape } = await decoded('rgb16.png');
    expect(shape).toEqual([4, 5, 3]);
    expect(levels).toBeInstanceOf(Uint16Array);
    // Pillow keeps the upper 8.
    expect([...levels].map((value) => value >> 8)).toEqual(pillow('rgb16.png'));
  });

  it.each(['rgba.png', 'rgba.webp', 'rgba.tif', 'rgba16.png', 'la.png', 'la16.png', 'ptrns.png'])(
    '%s, through which one sees, is refused',
    async (name) => {
      await expect(decoded(name)).rejects.toThrow(
        new RegExp(`^${name.replace('.', '\\.')}: the picture cannot be read: it has pixels that are not opaque`),
      );
    },
  );

  it.each([1, 3] as const)('loses alpha that is opaque everywhere, of 8 and 16 bits and %i channels', async (channels) => {
    for (const bits of [8, 16] as const) {
      const most = bits === 8 ? 255 : 65535;
      const plain = Array.from({ length: 12 * channels }, (_, i) => (i * 977) % most);
      const pixels = Array.from({ length: 12 * (channels + 1) }, (_, i) => {
        const [pixel, channel] = [Math.floor(i / (channels + 1)), i % (channels + 1)];
        return channel === channels ? most : plain[pixel * channels + channel]!;
      });
      const values = bits === 8 ? Uint8Array.from(pixels) : Uint16Array.from(pixels);
      const raw = { width: 4, height: 3, channels: (channels + 1) as 2 | 4 };
      const spaces = { 8: { 1: 'b-w', 3: 'srgb' }, 16: { 1: 'grey16', 3: 'rgb16' } } as const;
      const file = await sharp(values, { raw }).toColourspace(spaces[bits][channels]).png().toBuffer();
      const { levels, shape } = await decode(file);
      expect(shape).toEqual([3, 4, channels]);
      expect([...levels]).toEqual(plain);
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is upright by each orientation of EXIF: %i', async (orientation) => {
    const [height, width] = [3, 4];
    const stored = Uint8Array.from({ length: height * width * 3 }, (_, i) => i * 5);
    const file = await sharp(stored, { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    const { levels, shape } = await decode(file);
    const turns = orientation >= 5;
    const [rows, columns] = turns ? [width, height] : [height, width];
    expect(shape).toEqual([rows, columns, 3]);
    // By the EXIF standard: which stored pixel is seen at a place.
    const seen: Record<number, (y: number, x: number) => [number, number]> = {
      1: (y, x) => [y, x],
      2: (y, x) => [y, width - 1 - x],
      3: (y, x) => [height - 1 - y, width - 1 - x],
      4: (y, x) => [height - 1 - y, x],
      5: (y, x) => [x, y],
      6: (y, x) => [height - 1 - x, y],
      7: (y, x) => [height - 1 - x, width - 1 - y],
      8: (y, x) => [x, width - 1 - y],
    };
    const upright = Array.from({ length: rows * columns }, (_, p) => {
      const [y, x] = seen[orientation]!(Math.floor(p / columns), p % columns);
      return [...stored.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    }).flat();
    expect([...levels]).toEqual(upright);
  });

  it('of grey floats keeps its values', async () => {
    const { levels, shape } = await decoded('f.tif');
    expect(shape).toEqual([4, 5, 1]);
    // As numpy made them: whole numbers times 1.7, less 20.
    const grey = await decoded('g.png');
    const made = Float32Array.from(grey.levels, (value) => Math.fround(Math.fround(value * Math.fround(1.7)) - 20));
    expect([...levels].map((value, i) => Math.abs(value - made[i]!) < 1e-4)).toEqual(Array.from(made, () => true));
  });

  it('of 8 bits is cropped from its middle where sides are unequal; of 16 it is not resized, which would round it', async () => {
    const ramp = (step: number, Type: typeof Uint8Array | typeof Uint16Array): RawImage => ({
      levels: new Type(Array.from({ length: 8 * 16 }, (_, i) => (i % 16) * step)),
      shape: [8, 16, 1],
      isPicture: true,
    });
    const resizing = { height: 4, width: 4, method: 'VIPS_LINEAR' };
    const { levels, shape } = await resize(ramp(16, Uint8Array), resizing, 'a/0.png');
    expect(shape).toEqual([4, 4, 1]);
    // Symmetric about the middle of the ramp, whose ends are cut off.
    expect(Math.abs(levels[0]! + levels[3]! - 15 * 16)).toBeLessThanOrEqual(2);
    expect(levels[0]!).toBeGreaterThan(4 * 16);
    await expect(resize(ramp(4000, Uint16Array), resizing, 'a/0.png')).rejects.toThrow(
      /^a\/0\.png: pictures of more than 8 bits are not resized/,
    );
  });
});
