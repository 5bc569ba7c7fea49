/** Decision trees, forests and boosted trees: every tree is descended one level at a time, for all images at once. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../../errors.js';
import type { Call, OperatorTable } from '../../../dataflow/operator.js';
import { Value } from '../../../dataflow/value.js';
import { type Forest, readForest, type Comparison } from '../../forest.js';
import { complement, features, opposite, transformed } from './scores.js';

const COMPARISONS: Readonly<Record<Comparison, (value: tf.Tensor, threshold: tf.Tensor) => tf.Tensor>> = {
  BRANCH_LEQ: tf.lessEqual,
  BRANCH_LT: tf.less,
  BRANCH_GTE: tf.greaterEqual,
  BRANCH_GT: tf.greater,
  BRANCH_EQ: tf.equal,
  BRANCH_NEQ: tf.notEqual,
};

/** Refuses to be differentiated, as other gradients of TensorFlow.js that there are none of: zeros would say that there is nothing to find. */
function withoutGradient(x: tf.Tensor2D): tf.Tensor2D {
  const refuse = tf.customGrad((value) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: () => {
      throw new Error('Cannot compute gradient: trees are functions of steps');
    },
  }));
  return refuse(x) as tf.Tensor2D;
}

/** The leaf of every tree, `[n, trees]`, as its position among all nodes. */
function leavesOf(x: tf.Tensor2D, forest: Forest): tf.Tensor2D {
  const [batch, size] = x.shape;
  const table = (values: ArrayLike<number>) => tf.tensor1d(Int32Array.from(values), 'int32');
  const [feature, onTrue, onFalse] = [table(forest.feature), table(forest.onTrue), table(forest.onFalse)];
  const threshold = tf.tensor1d(forest.threshold);
  const firstOfRow = tf.tensor2d(
    Int32Array.from({ length: batch }, (_, row) => row * size),
    [batch, 1],
    'int32',
  );
  const pixels = tf.reshape(x, [-1]);
  const used = [...new Set(forest.comparison)];
  const kinds = table(forest.comparison.map((comparison) => used.indexOf(comparison)));
  let at: tf.Tensor = tf.tile(tf.expandDims(table(forest.roots), 0), [batch, 1]);
  for (let level = 0; level < forest.depth; level++) {
    const value = tf.gather(pixels, tf.add(tf.gather(feature, at), firstOfRow) as tf.Tensor2D);
    const bound = tf.gather(threshold, at);
    const kind = tf.gather(kinds, at);
    const isTrue = used
      .map((comparison, i) => ({ holds: COMPARISONS[comparison](value, bound), isKind: tf.equal(kind, tf.scalar(i, 'int32')) }))
      .reduce<tf.Tensor | undefined>((rest, { holds, isKind }) => (rest ? tf.where(isKind, holds, rest) : holds), undefined);
    if (!isTrue) break;
    at = tf.where(isTrue, tf.gather(onTrue, at), tf.gather(onFalse, at));
  }
  return at as tf.Tensor2D;
}

/** Sums of leaves' values, `[n, targets]`. */
function sums(call: Call, forest: Forest): tf.Tensor2D {
  const x = withoutGradient(features(call));
  if (forest.feature.some((index) => index >= x.shape[1])) {
    throw new ComputeError('INVALID_MODEL', `a tree asks for a value beyond the ${x.shape[1]} that an image has`);
  }
  const values = tf.tensor2d(forest.values, [forest.values.length / forest.targets, forest.targets]);
  const chosen = tf.gather(values, leavesOf(x, forest));
  // Tree by tree, as onnxruntime does, so that sums are rounded alike and ties end alike.
  const sum = tf.addN(tf.unstack(chosen, 1)) as tf.Tensor2D;
  const aggregate = forest.aggregate === 'SUM' ? sum : tf.div<tf.Tensor2D>(sum, forest.roots.length);
  return tf.add(aggregate, tf.tensor1d([...forest.base]));
}

function classifier(call: Call): Value[] {
  const forest = readForest(call.attributes, 'class');
  const sum = sums(call, forest);
  // The one score of two classes is that of the second.
  const scores = forest.targets > 1 ? sum : forest.arePositive ? complement(sum) : opposite(sum);
  const value = Value.plain(forest.targets > 1 || !forest.arePositive ? transformed(call, scores) : scores);
  // Labels are nowhere read.
  return [value, value];
}

export const trees: OperatorTable = {
  'ai.onnx.ml.TreeEnsembleClassifier': { gradient: 'NONE', run: classifier },
  'ai.onnx.ml.TreeEnsembleRegressor': {
    gradient: 'NONE',
    run: (call) => Value.plain(transformed(call, sums(call, readForest(call.attributes, 'target')))),
  },
};
