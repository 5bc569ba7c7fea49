/** What prepares the values that a classifier is given, or takes some of them. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Call, OperatorTable } from '../../../dataflow/operator.js';
import { Value } from '../../../dataflow/value.js';
import { vector } from './scores.js';

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

/** Elements along the last axis; of a vector, a row of them. */
function arrayFeatureExtractor(call: Call): Value {
  const x = call.input(0).plain;
  const rows = x.rank === 1 ? tf.expandDims(x, 0) : x;
  return Value.plain(tf.gather(rows, tf.tensor1d(call.input(1).numbers, 'int32'), rows.rank - 1));
}

export const preparations: OperatorTable = {
  'ai.onnx.ml.ArrayFeatureExtractor': { settings: [1], run: arrayFeatureExtractor },
  'ai.onnx.ml.Normalizer': { run: normalizer },
  'ai.onnx.ml.Scaler': { run: scaler },
};
