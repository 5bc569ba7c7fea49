/** Linear classifiers and regressors. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Call, OperatorTable } from '../../../dataflow/operator.js';
import { Value } from '../../../dataflow/value.js';
import { features, opposite, transformed, vector } from './scores.js';

/** `x Wᵀ + b`, `[n, rows of W]`. */
function linearScores(call: Call): tf.Tensor2D {
  const x = features(call);
  const coefficients = tf.reshape(vector(call, 'coefficients'), [-1, x.shape[1]]) as tf.Tensor2D;
  const product = tf.matMul(x, coefficients, false, true) as tf.Tensor2D;
  return call.attributes.has('intercepts') ? (tf.add(product, vector(call, 'intercepts')) as tf.Tensor2D) : product;
}

export const linear: OperatorTable = {
  'ai.onnx.ml.LinearClassifier': {
    /** Labels and scores; only the scores are computed, and labels are nowhere read. One score for two classes is that of the second. */
    run(call) {
      const scores = linearScores(call);
      return [call.input(0), Value.plain(transformed(call, scores.shape[1] === 1 ? opposite(scores) : scores))];
    },
  },
  'ai.onnx.ml.LinearRegressor': { run: (call) => Value.plain(transformed(call, linearScores(call))) },
};
