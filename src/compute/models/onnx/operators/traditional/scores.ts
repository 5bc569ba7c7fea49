/** What operators of `ai.onnx.ml` have in common: the scores that become of raw ones, and lists of numbers as tensors. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../../errors.js';
import type { Call } from '../../../dataflow/operator.js';

/** `[n, features]`. */
export function features(call: Call): tf.Tensor2D {
  const x = tf.cast(call.input(0).plain, 'float32');
  return (x.rank === 2 ? x : tf.reshape(x, [x.shape[0] ?? 1, -1])) as tf.Tensor2D;
}

/** @throws ComputeError INVALID_MODEL where the attribute is missing. */
export function vector(call: Call, name: string): tf.Tensor1D {
  return tf.tensor1d([...call.attributes.numbers(name)]);
}

/** The scores of two classes, of the one that is computed: of opposite signs, or its rest to 1. */
export const opposite = (score: tf.Tensor2D): tf.Tensor2D => tf.concat([tf.neg(score), score], 1);
export const complement = (score: tf.Tensor2D): tf.Tensor2D => tf.concat([tf.sub(1, score), score], 1);

/** @param scores `[n, classes]`. @throws ComputeError UNSUPPORTED_OPERATION. */
export function transformed(call: Call, scores: tf.Tensor2D): tf.Tensor2D {
  const transform = call.attributes.string('post_transform', 'NONE');
  switch (transform) {
    case 'NONE':
      return scores;
    case 'LOGISTIC':
      return tf.sigmoid(scores);
    case 'SOFTMAX':
      return tf.softmax(scores);
    default:
      throw new ComputeError('UNSUPPORTED_OPERATION', `post_transform ${transform} is not supported`);
  }
}
