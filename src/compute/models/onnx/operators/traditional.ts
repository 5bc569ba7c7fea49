/** Operators of the domain `ai.onnx.ml`, as converters of scikit-learn write them. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';

function vector(call: Call, name: string): tf.Tensor1D {
  return tf.tensor1d([...call.attributes.numbers(name)]);
}

/** Labels and scores; only the scores are computed, and labels are nowhere read. */
function linearClassifier(call: Call): Value[] {
  const x = tf.cast(call.input(0).plain, 'float32') as tf.Tensor2D;
  const coefficients = tf.reshape(vector(call, 'coefficients'), [-1, x.shape[1]]) as tf.Tensor2D;
  const product = tf.matMul(x, coefficients, false, true);
  const scores = call.attributes.has('intercepts') ? tf.add(product, vector(call, 'intercepts')) : product;
  const transform = call.attributes.string('post_transform', 'NONE');
  return [call.input(0), Value.plain(scoresOf(scores as tf.Tensor2D, transform))];
}

/** One score for two classes is that of the second. */
function scoresOf(scores: tf.Tensor2D, transform: string): tf.Tensor {
  const isSingle = scores.shape[1] === 1;
  switch (transform) {
    case 'NONE':
      return isSingle ? tf.concat([tf.neg(scores), scores], 1) : scores;
    case 'LOGISTIC':
      return isSingle ? tf.sigmoid(tf.concat([tf.neg(scores), scores], 1)) : tf.sigmoid(scores);
    case 'SOFTMAX':
      return tf.softmax(isSingle ? tf.concat([tf.neg(scores), scores], 1) : scores);
    default:
      throw new ComputeError('UNSUPPORTED_OPERATION', `post_transform ${transform} is not supported`);
  }
}

function normalizer(call: Call): Value {
  const x = call.input(0).plain;
  const norm = call.attributes.string('norm', 'MAX');
  const size = norm === 'L1' ? tf.sum(tf.abs(x), -1, true) : norm === 'L2' ? tf.sqrt(tf.sum(tf.square(x), -1, true)) : tf.max(x, -1, true);
  return Value.plain(tf.div(x, size));
}

function scaler(call: Call): Value {
  const x = tf.cast(call.input(0).plain, 'float32');
  return Value.plain(tf.mul(tf.sub(x, vector(call, 'offset')), vector(call, 'scale')));
}

export const traditional: OperatorTable = {
  'ai.onnx.ml.LinearClassifier': { run: linearClassifier },
  'ai.onnx.ml.Normalizer': { run: normalizer },
  'ai.onnx.ml.Scaler': { run: scaler },
};
