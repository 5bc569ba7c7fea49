/** Gradients of kernels that sum up or choose along axes, and of products and normalizations. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors/index.js';
import { type Gradient, type GradientTable, ofBoth, ofInput } from './forms.js';

const axesOf = (axis: unknown, shape: number[]) => tf.util.parseAxisParam(axis as number | number[], shape);

/** The slope of a reduction, with the axes that it took as 1. */
function kept(dy: tf.Tensor, shape: readonly number[], axes: readonly number[]): tf.Tensor {
  return tf.reshape(
    dy,
    shape.map((size, i) => (axes.includes(i) ? 1 : size)),
  );
}

/** All places that hold the chosen value get the whole slope. */
function ofChosen(dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, axis: unknown): tf.Tensor {
  const axes = axesOf(axis, x.shape);
  const [value, slope] = [y, dy].map((z) => (z.rank < x.rank ? kept(z, x.shape, axes) : z)) as [tf.Tensor, tf.Tensor];
  return tf.mul(slope, tf.cast(tf.equal(x, value), slope.dtype));
}

const matMul: Gradient = {
  inputsToSave: ['a', 'b'],
  gradFunc(dy, saved, { transposeA, transposeB }) {
    const [a, b, d] = [...saved, dy] as tf.Tensor[];
    const product = (p: tf.Tensor, q: tf.Tensor, first: boolean, second: boolean) => () => tf.matMul(p, q, first, second);
    if (!transposeA && !transposeB) return { a: product(d!, b!, false, true), b: product(a!, d!, true, false) };
    if (!transposeA) return { a: product(d!, b!, false, false), b: product(d!, a!, true, false) };
    if (!transposeB) return { a: product(b!, d!, false, true), b: product(a!, d!, false, false) };
    return { a: product(b!, d!, true, true), b: product(d!, a!, true, true) };
  },
};

const batchNorm: Gradient = {
  inputsToSave: ['x', 'mean', 'variance', 'scale'],
  gradFunc(dy, [x, mean, variance, given], { varianceEpsilon }) {
    const slope = dy as tf.Tensor;
    const scale = given ?? tf.scalar(1);
    const isVector = mean!.rank === 1;
    const axes = tf.broadcast_util.getReductionAxes(mean!.shape, x!.shape);
    const centred = tf.sub(x!, mean!);
    const scaled = tf.mul(slope, scale);
    const inverse = tf.rsqrt(tf.add(variance!, varianceEpsilon as number));
    const minusHalfCube = tf.mul(tf.mul(tf.mul(inverse, inverse), inverse), -0.5);
    const whole = (z: tf.Tensor) => tf.reshape(isVector ? tf.sum(z, axes) : z, mean!.shape);
    return {
      x() {
        const tiled = () => tf.tile(tf.reshape(inverse, [1, 1, 1, mean!.shape[0]!]), [...x!.shape.slice(0, -1), 1]);
        return tf.reshape(tf.mul(tf.mul(slope, isVector ? tiled() : inverse), scale), x!.shape);
      },
      mean: () => whole(tf.mul(tf.mul(inverse, -1), scaled)),
      variance: () => whole(tf.mul(tf.mul(minusHalfCube, centred), scaled)),
      scale: () => whole(tf.mul(slope, tf.mul(centred, inverse))),
      offset: () => whole(slope),
    };
  },
};

/** The product of all others, from both sides. */
function ofProduct(dy: tf.Tensor, x: tf.Tensor, axes: number[]): tf.Tensor {
  const order = tf.backend_util.getAxesPermutation(axes, x.rank);
  const permuted = order ? tf.transpose(x, order) : x;
  const last = x.rank - axes.length;
  const rows = tf.reshape(permuted, [...permuted.shape.slice(0, last), sizeOf(permuted.shape.slice(last))]);
  const others = tf.mul(tf.cumprod(rows, last, true, false), tf.cumprod(rows, last, true, true));
  const slopes = tf.reshape(tf.mul(kept(dy, rows.shape, [last]), others), permuted.shape);
  return order ? tf.transpose(slopes, tf.backend_util.getUndoAxesPermutation(order)) : slopes;
}

export const reductions: GradientTable = {
  [tf.ArgMax]: ofInput((_, x) => tf.zerosLike(x)),
  [tf.ArgMin]: ofInput((_, x) => tf.zerosLike(x)),
  [tf.BatchMatMul]: matMul,
  [tf.Cumsum]: ofInput((dy, _, { axis, exclusive, reverse }) => tf.cumsum(dy, axis, exclusive as boolean, !reverse)),
  [tf.FusedBatchNorm]: batchNorm,
  [tf.LogSoftmax]: {
    outputsToSave: [true],
    gradFunc: (dy, [y], { axis }) => ({
      logits: () => tf.sub(dy as tf.Tensor, tf.mul(tf.sum(dy as tf.Tensor, axis as number, true), tf.exp(y!))),
    }),
  },
  [tf.Max]: ofBoth((dy, x, y, { reductionIndices }) => ofChosen(dy, x, y, reductionIndices)),
  [tf.Mean]: ofInput((dy, x, { axis }) => {
    const axes = axesOf(axis, x.shape);
    return tf.div(tf.mul(kept(dy, x.shape, axes), tf.fill(x.shape, 1)), sizeOf(axes.map((each) => x.shape[each]!)));
  }),
  [tf.Min]: ofBoth((dy, x, y, { axis }) => ofChosen(dy, x, y, axis)),
  [tf.Prod]: ofInput((dy, x, { axis }) => ofProduct(dy, x, axesOf(axis ?? x.shape.map((_, i) => i), x.shape))),
  [tf.Softmax]: {
    outputsToSave: [true],
    gradFunc(dy, [y], { dim }) {
      const weighted = tf.mul(dy as tf.Tensor, y!);
      return { logits: () => tf.sub(weighted, tf.mul(tf.sum(weighted, [dim as number], true), y!)) };
    },
  },
  [tf.Sum]: ofInput((dy, x, { axis }) => tf.mul(kept(dy, x.shape, axesOf(axis, x.shape)), tf.fill(x.shape, 1))),
};
