/**
 * The distance by what layers of a network output, each pixel's channels scaled to length one: LPIPS (Zhang et al. 2018) without learned weights, and its root, as Laidlaw et
 * al. 2021 bound it.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../errors.js';
import type { DifferentiableModel, LayerShape } from '../../models/index.js';

/** Keeps slopes finite where all channels of a pixel are zero. */
const SMALLEST_SQUARE = 1e-12;

/**
 * The network as a model whose scores are the scaled outputs of its layers, `[batch, values]`: the Euclidean distance of two rows is the distance of the images. Of layers
 * that follow on each other with one shape, such as a convolution, its activation and the blocks of a stage, the last counts. Those without a height and width
 * count, as one pixel, where there are no others.
 * @throws ComputeError UNSUPPORTED_OPERATION where no such layer is known.
 */
export function perceptualFeatures(network: DifferentiableModel): DifferentiableModel {
  const { inner } = network;
  const shapes = (inner?.names ?? []).map((_, layer) => inner!.shapeOf(layer));
  const isSame = (a: LayerShape, b?: LayerShape) =>
    b !== undefined && (['height', 'width', 'channels'] as const).every((of) => a[of] === b[of]);
  const last = [...shapes.keys()].filter((at) => !isSame(shapes[at]!, shapes[at + 1]));
  const maps = last.filter((at) => shapes[at]!.height * shapes[at]!.width > 1);
  const chosen = maps.length > 0 ? maps : last;
  if (!inner || chosen.length === 0) {
    throw new ComputeError(
      'UNSUPPORTED_OPERATION',
      'The network has no known layers that everything passes on its way to the scores. Name another one in "sourceModelIds".',
      ['sourceModelIds'],
    );
  }
  const layers = chosen.map((at) => ({ ...shapes[at]!, outputs: inner.at(at) }));
  return {
    ...network,
    output: 'LOGITS',
    fingerprint: `${network.fingerprint}.perceptual`,
    inner: undefined,
    apply: (variables, x, random) =>
      tf.concat2d(
        layers.map(({ outputs, ...shape }) => scaled(outputs(variables, x, random), shape)),
        1,
      ),
  };
}

/** @param rows `[batch, values]`, what a layer outputs. */
function scaled(rows: tf.Tensor2D, { height, width, channels, channelsFirst }: LayerShape): tf.Tensor2D {
  const pixels = height * width;
  const maps = tf.reshape(rows, channelsFirst ? [-1, channels, pixels] : [-1, pixels, channels]);
  const lengths = tf.sqrt(tf.add(tf.sum(tf.square(maps), channelsFirst ? 1 : 2, true), SMALLEST_SQUARE));
  return tf.reshape(tf.div(maps, tf.mul(lengths, Math.sqrt(pixels))), [-1, pixels * channels]);
}
