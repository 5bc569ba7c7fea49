/**
 * `Image.resize` of Pillow 13 (`src/libImaging/Resample.c`): weights of 22 bits, and 8 bits between columns and rows. Size and crop are those of torchvision's
 * `Resize` and `CenterCrop`.
 * @module
 */
import type { Picture } from '../pictures/types.js';
import { keys } from './keys.js';
import { roundHalfToEven } from './round.js';
import { resample, type Window } from './separable.js';
import { CROP, type Resizing } from './types.js';

/** Its support is in pixels of the smaller of the two pictures. */
interface Kernel {
  readonly support: number;
  at(distance: number): number;
}

const BILINEAR: Kernel = { support: 1, at: (distance) => Math.max(0, 1 - Math.abs(distance)) };

const BICUBIC: Kernel = { support: 2, at: keys };

const ONE = 2 ** 22;

/** Inputs and weights of output `i`. @param scale inputs an output. */
function windowOf({ support, at }: Kernel, inputs: number, scale: number, i: number): Window {
  // Where a picture shrinks, the kernel grows with the distance of the outputs: that is the antialiasing.
  const stretch = Math.max(1, scale);
  const centre = (i + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
  const end = Math.min(inputs, Math.trunc(centre + support * stretch + 0.5));
  const shares = Array.from({ length: end - first }, (_, x) => at((x + first - centre + 0.5) * (1 / stretch)));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return { first, weights: shares.map((share) => Math.trunc((share / total) * ONE + (share < 0 ? -0.5 : 0.5)) / ONE) };
}

/** Windows of the middle `side` of `outputs`. */
function middleOf(kernel: Kernel, inputs: number, outputs: number, side: number): Window[] {
  const start = roundHalfToEven((outputs - side) / 2);
  return Array.from({ length: side }, (_, i) => windowOf(kernel, inputs, inputs / outputs, start + i));
}

function middle(kernel: Kernel, picture: Picture, side: number): Uint8Array {
  const { width, height } = picture;
  const shorter = Math.min(width, height);
  const whole = Math.round(side / CROP);
  const sizeOf = (length: number) => (length === shorter ? whole : Math.trunc((whole * length) / shorter));
  const [columns, rows] = [width, height].map((length) => middleOf(kernel, length, sizeOf(length), side));
  // From Pillow 13 on; before it, columns came first always.
  const [removedColumns, removedRows] = [width - sizeOf(width), height - sizeOf(height)];
  const rowsFirst = removedRows > 0 && removedRows > 2 * removedColumns;
  return resample(picture, columns!, rows!, { rowsFirst, between: (length) => new Uint8ClampedArray(length) });
}

const describe = (name: string) =>
  `The shorter side is resized to side ÷ ${CROP}, antialiased, by Pillow's ${name} kernel, then the middle is cut out: torchvision's \`Resize\` and \`CenterCrop\` on Pillow's pictures, bit by bit.`;

export const pilBilinear: Resizing = {
  name: 'PIL_BILINEAR',
  description: describe('bilinear'),
  middle: (picture, side) => middle(BILINEAR, picture, side),
};

export const pilBicubic: Resizing = {
  name: 'PIL_BICUBIC',
  description: describe('bicubic'),
  middle: (picture, side) => middle(BICUBIC, picture, side),
};
