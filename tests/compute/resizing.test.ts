/** Resized pictures, against Pillow and TensorFlow. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { findResizing } from '../../src/compute/data/resizing/registry.js';

interface Expected {
  readonly resizing: string;
  readonly height: number;
  readonly width: number;
  /** In base 64. */
  readonly rgb: string;
}

const SIDE = 16;

/** The same as in tests/fixtures/pictures/resize.py. */
function picture(height: number, width: number) {
  const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / (3 * width))];
    return (x * 7 + y * 13 + x * y + c * 85) % 256;
  });
  return { height, width, pixels };
}

const differences = (ours: Uint8Array, theirs: Uint8Array) => Array.from(ours, (value, i) => Math.abs(value - theirs[i]!));

describe('a picture is resized to the pixels of the library that the method is named after', async () => {
  const expected = JSON.parse(await readFile('tests/fixtures/pictures/resized.json', 'utf8')) as Expected[];

  it.each(expected)('$resizing, from $height × $width', async ({ resizing, height, width, rgb }) => {
    const ours = await findResizing(resizing).middle(picture(height, width), SIDE);
    const theirs = Buffer.from(rgb, 'base64');
    expect(ours.length).toBe(theirs.length);
    expect(Math.max(...differences(ours, theirs))).toBe(0);
  });

  it('of every method, from five sizes', () => {
    const methods = new Set(expected.map(({ resizing }) => resizing));
    expect([...methods].sort()).toEqual(['PIL_BICUBIC', 'PIL_BILINEAR', 'TF_BICUBIC', 'TF_BILINEAR']);
    expect(expected).toHaveLength(20);
  });
});
