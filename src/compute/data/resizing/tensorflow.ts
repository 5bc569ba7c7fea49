/**
 * `tf.image.resize` of TensorFlow 2, without antialiasing, with half-pixel centres (`core/kernels/image/resize_bilinear_op.cc`, `resize_bicubic_op.cc`), of the square
 * that EfficientNet's own evaluation cuts out before it resizes.
 * @module
 */
import type { Picture } from '../pictures/types.js';
import { keys } from './keys.js';
import { roundHalfToEven } from './round.js';
import { resample, type Window } from './separable.js';
import { CROP, type Resizing } from './types.js';

/** Of a place between input `before` and the next, by its distance from the first: weights of inputs, those outside the picture included. */
type Kernel = (before: number, distance: number, inputs: number) => readonly (readonly [input: number, weight: number])[];

/** Outside the picture its edge goes on. */
const bilinear: Kernel = (before, distance, inputs) => [
  [Math.max(0, before), 1 - distance],
  [Math.min(inputs - 1, before + 1), distance],
];

/** TensorFlow reads the kernel from a table of as many steps a pixel. */
const TABLE_SIZE = 1024;

/** What lies outside the picture counts nothing. */
const bicubic: Kernel = (before, distance, inputs) => {
  const step = roundHalfToEven(distance * TABLE_SIZE) / TABLE_SIZE;
  const all = [
    [before - 1, keys(1 + step)],
    [before, keys(step)],
    [before + 1, keys(1 - step)],
    [before + 2, keys(2 - step)],
  ] as const;
  const inside = all.filter(([input]) => input >= 0 && input < inputs);
  const total = inside.reduce((sum, [, weight]) => sum + weight, 0);
  return inside.map(([input, weight]) => [input, weight / total]);
};

/** @param start of the square in the picture. @param inputs its side. @param outputs side of the result. */
function windowsOf(kernel: Kernel, start: number, inputs: number, outputs: number): Window[] {
  const scale = Math.fround(inputs / outputs);
  return Array.from({ length: outputs }, (_, i) => {
    // As TensorFlow, in single precision: it decides between which inputs a place lies.
    const place = Math.fround(Math.fround((i + 0.5) * scale) - 0.5);
    const before = Math.floor(place);
    const parts = kernel(before, Math.fround(place - before), inputs);
    const first = parts[0]![0];
    const weights = Array.from({ length: parts.at(-1)![0] - first + 1 }, () => 0);
    for (const [input, weight] of parts) weights[input - first]! += weight;
    return { first: start + first, weights };
  });
}

function middle(kernel: Kernel, picture: Picture, side: number): Uint8Array {
  const square = Math.max(1, Math.floor(CROP * Math.min(picture.width, picture.height)));
  const [columns, rows] = [picture.width, picture.height].map((length) =>
    windowsOf(kernel, Math.floor((length - square + 1) / 2), square, side),
  );
  return resample(picture, columns!, rows!, { between: (length) => new Float32Array(length) });
}

const describe = (name: string) =>
  `The middle ${CROP} of the shorter side is cut out, then resized by \`tf.image.resize\` of TensorFlow 2, ${name} without antialiasing, and rounded to 8 bits.`;

export const tfBilinear: Resizing = {
  name: 'TF_BILINEAR',
  description: describe('bilinear'),
  middle: (picture, side) => middle(bilinear, picture, side),
};

export const tfBicubic: Resizing = {
  name: 'TF_BICUBIC',
  description: describe('bicubic'),
  middle: (picture, side) => middle(bicubic, picture, side),
};
