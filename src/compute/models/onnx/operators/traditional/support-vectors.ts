/** Support vector machines as libsvm has them (Chang & Lin 2011): a decision for each pair of classes, and probabilities from them. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../../errors.js';
import type { Call, OperatorTable } from '../../../dataflow/operator.js';
import { Value } from '../../../dataflow/value.js';
import { complement, features, opposite, transformed, vector } from './scores.js';

/** Of a pair's probability, so that none is impossible. */
const LEAST = 1e-7;

/** k(x, v) of every row of x with every vector. @param vectors `[m, features]`. @returns `[n, m]`. */
function kernel(call: Call, x: tf.Tensor2D, vectors: tf.Tensor2D): tf.Tensor2D {
  const type = call.attributes.string('kernel_type', 'LINEAR');
  const [gamma = 0, coefficient = 0, degree = 0] = call.attributes.numbers('kernel_params', []);
  const dot = tf.matMul(x, vectors, false, true) as tf.Tensor2D;
  switch (type) {
    case 'LINEAR':
      return dot;
    case 'POLY':
      return power(tf.add<tf.Tensor2D>(tf.mul(dot, gamma), coefficient), degree);
    case 'SIGMOID':
      return tf.tanh(tf.add<tf.Tensor2D>(tf.mul(dot, gamma), coefficient));
    case 'RBF': {
      const squares = tf.add(tf.sum(tf.square(x), 1, true), tf.reshape(tf.sum(tf.square(vectors), 1), [1, -1]));
      return tf.exp(tf.mul(tf.sub(squares, tf.mul(dot, 2)), -gamma));
    }
    default:
      throw new ComputeError('UNSUPPORTED_OPERATION', `a kernel of type ${type} is not supported`);
  }
}

/** A product for whole exponents: a power of a negative number has no derivative in terms of its logarithm. */
function power(x: tf.Tensor2D, degree: number): tf.Tensor2D {
  if (!Number.isInteger(degree) || degree < 1 || degree > 16) return tf.pow(x, degree);
  return Array<tf.Tensor2D>(degree - 1)
    .fill(x)
    .reduce((product, factor) => tf.mul(product, factor), x);
}

/** Decisions of the classes' pairs, `[n, k (k - 1) / 2]`, above 0 for the first of a pair. */
function pairDecisions(call: Call, classes: number): tf.Tensor2D {
  const counts = call.attributes.numbers('vectors_per_class');
  const total = counts.reduce((sum, count) => sum + count, 0);
  const coefficients = call.attributes.numbers('coefficients');
  const vectors = tf.reshape(vector(call, 'support_vectors'), [total, -1]) as tf.Tensor2D;
  if (counts.length !== classes || coefficients.length < (classes - 1) * total) {
    throw new ComputeError('INVALID_MODEL', `there are ${coefficients.length} coefficients for ${classes} classes and ${total} vectors`);
  }
  const starts = counts.map((_, i) => counts.slice(0, i).reduce((sum, count) => sum + count, 0));
  const pairs = pairsOf(classes);
  // Of a pair (i, j), vectors of class i have their coefficients in row j - 1, and those of class j in row i.
  const weights = new Float32Array(total * pairs.length);
  for (const [pair, [i, j]] of pairs.entries()) {
    for (const [from, row] of [
      [i, j - 1],
      [j, i],
    ] as const) {
      for (let at = starts[from]!; at < starts[from]! + counts[from]!; at++)
        weights[at * pairs.length + pair] = coefficients[row * total + at]!;
    }
  }
  const products = tf.matMul(kernel(call, features(call), vectors), tf.tensor2d(weights, [total, pairs.length]));
  return tf.add(products, tf.slice(vector(call, 'rho'), 0, pairs.length));
}

const pairsOf = (classes: number) =>
  Array.from({ length: classes }, (_, i) => i).flatMap((i) => Array.from({ length: classes - 1 - i }, (_, k) => [i, i + 1 + k] as const));

/**
 * Probabilities of classes from those of their pairs (Wu, Lin & Weng 2004): the p that minimises `Σ_i Σ_{j≠i} (r_ji p_i - r_ij p_j)²`. libsvm comes within 0.005/k of it.
 * @param decisions `[n, k (k - 1) / 2]`. @returns `[n, k]`.
 */
function coupled(call: Call, decisions: tf.Tensor2D, classes: number): tf.Tensor2D {
  const [a, b] = [vector(call, 'prob_a'), vector(call, 'prob_b')];
  const first = tf.clipByValue(tf.sigmoid(tf.neg(tf.add(tf.mul(decisions, a), b))), LEAST, 1 - LEAST) as tf.Tensor2D;
  if (classes === 2) return tf.concat([first, tf.sub(1, first)], 1) as tf.Tensor2D;
  const pairs = pairsOf(classes);
  const columns = tf.split(first, pairs.length, 1);
  /** r_ij, `[n, 1]`. */
  const r = (i: number, j: number) => {
    const pair = columns[pairs.findIndex(([one, other]) => one === Math.min(i, j) && other === Math.max(i, j))]!;
    return i < j ? pair : tf.sub(1, pair);
  };
  const others = (i: number) => Array.from({ length: classes }, (_, j) => j).filter((j) => j !== i);
  const row = (i: number) =>
    tf.concat(
      Array.from({ length: classes }, (_, j) =>
        i === j ? tf.addN(others(i).map((other) => tf.square(r(other, i)))) : tf.neg(tf.mul(r(j, i), r(i, j))),
      ),
      1,
    );
  const matrix = tf.stack(
    Array.from({ length: classes }, (_, i) => row(i)),
    1,
  ) as tf.Tensor3D;
  const solution = solve(matrix, classes);
  return tf.div(solution, tf.sum(solution, 1, true));
}

/** q of `Q q = 1`, Q positive definite, by elimination without a choice of pivots. @param matrix `[n, k, k]`. @returns `[n, k]`. */
function solve(matrix: tf.Tensor3D, size: number): tf.Tensor2D {
  const batch = matrix.shape[0];
  let rows = tf.concat([matrix, tf.ones([batch, size, 1])], 2);
  for (let at = 0; at < size; at++) {
    const pivot = tf.slice(rows, [0, at, 0], [batch, 1, size + 1]);
    const scaled = tf.div(pivot, tf.slice(pivot, [0, 0, at], [batch, 1, 1]));
    const column = tf.slice(rows, [0, 0, at], [batch, size, 1]);
    // Each row loses its share of the pivot row, so that its column becomes that of the identity.
    const own = tf.tensor3d(
      Float32Array.from({ length: size }, (_, i) => (i === at ? 1 : 0)),
      [1, size, 1],
    );
    rows = tf.add(rows, tf.mul(tf.sub(own, column), scaled));
  }
  return tf.reshape(tf.slice(rows, [0, 0, size], [batch, size, 1]), [batch, size]) as tf.Tensor2D;
}

function classCount({ attributes }: Call): number {
  const labels = attributes.has('classlabels_ints') ? attributes.numbers('classlabels_ints') : attributes.strings('classlabels_strings');
  return labels.length;
}

/** Labels, which are nowhere read, and scores: probabilities of classes, decisions of their pairs, or those of a linear machine. */
function svmClassifier(call: Call): Value[] {
  const classes = classCount(call);
  if (classes < 2) throw new ComputeError('INVALID_MODEL', 'its classes have no labels');
  return [call.input(0), Value.plain(scoresOf(call, classes))];
}

function scoresOf(call: Call, classes: number): tf.Tensor2D {
  const { attributes } = call;
  if (attributes.numbers('vectors_per_class', []).length === 0) {
    const coefficients = tf.reshape(vector(call, 'coefficients'), [classes, -1]) as tf.Tensor2D;
    return transformed(call, tf.add(tf.matMul(features(call), coefficients, false, true), attributes.numbers('rho')[0]!));
  }
  const decisions = pairDecisions(call, classes);
  if (attributes.has('prob_a')) return transformed(call, coupled(call, decisions, classes));
  if (classes > 2) return transformed(call, decisions);
  return attributes.string('post_transform', 'NONE') === 'NONE' ? opposite(decisions) : transformed(call, complement(decisions));
}

function svmRegressor(call: Call): Value {
  const { attributes } = call;
  const count = attributes.number('n_supports', 0);
  const coefficients = tf.reshape(vector(call, 'coefficients'), [-1, 1]) as tf.Tensor2D;
  const x = features(call);
  const products =
    count > 0
      ? tf.matMul(kernel(call, x, tf.reshape(vector(call, 'support_vectors'), [count, -1]) as tf.Tensor2D), coefficients)
      : tf.matMul(x, coefficients);
  const decision: tf.Tensor2D = tf.add(products, attributes.numbers('rho')[0]!);
  if (attributes.flag('one_class')) throw new ComputeError('UNSUPPORTED_OPERATION', 'a machine of one class is no classifier');
  return Value.plain(transformed(call, decision));
}

export const supportVectors: OperatorTable = {
  'ai.onnx.ml.SVMClassifier': { run: svmClassifier },
  'ai.onnx.ml.SVMRegressor': { run: svmRegressor },
};
