/** Images sampled at positions of a grid, as spatial transformers do (Jaderberg et al. 2015, arXiv 1506.02025). @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import { broadcast, matMul } from '../../dataflow/differentiable.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { cubicWeight } from '../../dataflow/resampling.js';

/** How positions outside of an image are read, along one axis. */
interface Border {
  readonly padding: string;
  readonly size: number;
  readonly alignCorners: boolean;
}

/** From -1…1 to pixels; with `alignCorners` they are the centres of the outermost pixels, else the edges. */
function toPixels(position: tf.Tensor, { size, alignCorners }: Border): tf.Tensor {
  const scaled = tf.mul(tf.add(position, 1), (alignCorners ? size - 1 : size) / 2);
  return alignCorners ? scaled : tf.sub(scaled, 0.5);
}

/** Positions that are inside, for every padding but that by zeros. */
function inside(position: tf.Tensor, border: Border): tf.Tensor {
  if (border.padding === 'zeros') return position;
  const reflected = border.padding === 'reflection' ? reflect(position, border) : position;
  return tf.minimum(tf.maximum(reflected, 0), border.size - 1);
}

/** There and back between both ends. */
function reflect(position: tf.Tensor, { size, alignCorners }: Border): tf.Tensor {
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? size - 1 : size;
  if (span === 0) return tf.zerosLike(position);
  const distance = tf.abs(tf.sub(position, low));
  const turns = tf.floor(tf.div(distance, span));
  const rest = tf.sub(distance, tf.mul(turns, span));
  const isOdd = tf.equal(tf.sub(turns, tf.mul(tf.floor(tf.div(turns, 2)), 2)), 1);
  return tf.add(tf.where(isOdd, tf.sub(span, rest), rest), low);
}

interface Tap {
  /** Whole numbers, maybe outside of the image. */
  readonly pixel: tf.Tensor;
  readonly weight?: tf.Tensor;
}

/** The pixels that make up a value, along one axis. */
function tapsAt(position: tf.Tensor, mode: string, border: Border): Tap[] {
  switch (mode) {
    case 'nearest':
      return [{ pixel: tf.round(inside(position, border)) }];
    case 'linear':
    case 'bilinear': {
      const at = inside(position, border);
      const left = tf.floor(at);
      const part = tf.sub(at, left);
      return [
        { pixel: left, weight: tf.sub(1, part) },
        { pixel: tf.add(left, 1), weight: part },
      ];
    }
    case 'cubic':
    case 'bicubic': {
      const left = tf.floor(position);
      const part = tf.sub(position, left);
      return [-1, 0, 1, 2].map((step) => ({ pixel: inside(tf.add(left, step), border), weight: cubicWeights(part, step) }));
    }
    default:
      throw new ComputeError('UNSUPPORTED_OPERATION', `sampling of mode ${mode} is not supported`);
  }
}

/** Keys 1981, with PyTorch's coefficient. */
function cubicWeights(part: tf.Tensor, step: number): tf.Tensor {
  const distance = step <= 0 ? tf.sub(part, step) : tf.sub(step, part);
  const [near, far] = [cubicWeight(-0.75).near, cubicWeight(-0.75).far].map((coefficients) =>
    coefficients.reduce<tf.Tensor>((sum, coefficient) => tf.add(tf.mul(sum, distance), coefficient), tf.zerosLike(distance)),
  );
  return step === 0 || step === 1 ? near! : far!;
}

function gridSample(call: Call): Value {
  const { attributes } = call;
  const x = call.input(0);
  const grid = call.input(1).plain;
  if (x.rank !== 4 || grid.rank !== 4) throw new ComputeError('UNSUPPORTED_OPERATION', 'only images with height and width can be sampled');
  const image = x.channelsLast;
  const [n, height, width, channels] = image.shape;
  const [, rows, columns] = grid.shape as [number, number, number, number];
  const alignCorners = attributes.flag('align_corners');
  const padding = attributes.string('padding_mode', 'zeros');
  const mode = attributes.string('mode', 'linear');
  const coordinate = (k: 0 | 1) =>
    broadcast(tf.reshape(tf.slice(grid, [0, 0, 0, k], [-1, -1, -1, 1]), [-1, rows, columns]), [n, rows, columns]);
  const taps = ([0, 1] as const).map((k) => {
    const border = { padding, size: k === 0 ? width : height, alignCorners };
    return { size: border.size, taps: tapsAt(toPixels(coordinate(k), border), mode, border) };
  });
  const [across, down] = taps as [(typeof taps)[0], (typeof taps)[0]];
  const starts = tf.tensor3d(
    Array.from({ length: n }, (_, i) => i * height * width),
    [n, 1, 1],
    'int32',
  );
  const pixels = tf.reshape(image, [n * height * width, channels]);
  const clamped = (pixel: tf.Tensor, size: number) => tf.cast(tf.minimum(tf.maximum(pixel, 0), size - 1), 'int32');
  const isInside = (pixel: tf.Tensor, size: number) =>
    tf.cast(tf.logicalAnd(tf.greaterEqual(pixel, 0), tf.lessEqual(pixel, size - 1)), 'float32');
  const parts = down.taps.flatMap((row) =>
    across.taps.map((column) => {
      const index = tf.add(tf.add(tf.mul(clamped(row.pixel, height), tf.scalar(width, 'int32')), clamped(column.pixel, width)), starts);
      const picked = tf.reshape(tf.gather(pixels, tf.reshape(index, [-1])), [n, rows, columns, channels]);
      const factors = [
        row.weight,
        column.weight,
        ...(padding === 'zeros' ? [isInside(row.pixel, height), isInside(column.pixel, width)] : []),
      ].filter((factor) => factor !== undefined);
      return factors.reduce((value, factor) => tf.mul(value, tf.expandDims(factor, 3)), picked);
    }),
  );
  return Value.channelsLast(tf.addN(parts) as tf.Tensor4D);
}

/** Positions of a grid that an affine map turns: `theta` `[batch, 2, 3]`. */
function affineGrid(call: Call): Value {
  const size = call.input(1).numbers;
  if (size.length !== 4) throw new ComputeError('UNSUPPORTED_OPERATION', 'only grids of height and width are supported');
  const [n, , height, width] = size as [number, number, number, number];
  const alignCorners = call.attributes.flag('align_corners');
  const along = (length: number) =>
    Array.from({ length }, (_, i) => (alignCorners ? (length > 1 ? (2 * i) / (length - 1) - 1 : 0) : (2 * i + 1) / length - 1));
  const points = along(height).flatMap((y) => along(width).map((x) => [x, y, 1]));
  const y = matMul(tf.tensor2d(points), tf.transpose(call.input(0).plain, [0, 2, 1]));
  return Value.plain(tf.reshape(y, [n, height, width, 2]));
}

export const gridSampling: OperatorTable = {
  AffineGrid: { settings: [1], run: affineGrid },
  GridSample: { run: gridSample },
};
