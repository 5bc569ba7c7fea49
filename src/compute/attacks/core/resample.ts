/** Separable resampling of images by matrices: shifts, mirrors, changes of size. Matrices are inputs like any other, so that one compiled function serves all. @module */
import * as tf from '@tensorflow/tfjs-core';

/** `rows · x · columnsᵀ` in every channel. @param rows `[n, height, height]`. @param columns `[n, width, width]`. */
export function resample(x: tf.Tensor4D, rows: tf.Tensor3D, columns: tf.Tensor3D): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const shrunk = tf.reshape(tf.matMul(rows, tf.reshape(x, [n, height, width * channels])), [n, height, width, channels]);
  const turned = tf.reshape(tf.transpose(shrunk, [0, 2, 1, 3]), [n, width, height * channels]);
  return tf.transpose(tf.reshape(tf.matMul(columns, turned), [n, width, height, channels]), [0, 2, 1, 3]) as tf.Tensor4D;
}
