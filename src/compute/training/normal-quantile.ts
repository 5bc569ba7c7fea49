/** Φ⁻¹ as a differentiable function, which TensorFlow.js does not have. @module */
import * as tf from '@tensorflow/tfjs-core';

/** Coefficients of Acklam's rational approximation, whose relative error is below 1.15e-9: of the middle and of the tails, highest power first. */
const A = [-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1, 2.506628277459239];
const B = [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1];
const C = [-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];
const LOW = 0.02425;

const polynomial = (coefficients: readonly number[], x: tf.Tensor): tf.Tensor =>
  coefficients.slice(1).reduce<tf.Tensor>((sum, coefficient) => tf.add(tf.mul(sum, x), coefficient), tf.fill(x.shape, coefficients[0]!));

/** @param p probabilities, away from 0 and 1. */
export function quantile(p: tf.Tensor): tf.Tensor {
  const middle = (x: tf.Tensor) => {
    const q = tf.sub(x, 0.5);
    const r = tf.square(q);
    return tf.div(tf.mul(polynomial(A, r), q), polynomial(B, r));
  };
  const tail = (x: tf.Tensor) => {
    const q = tf.sqrt(tf.mul(-2, tf.log(x)));
    return tf.div(polynomial(C, q), polynomial(D, q));
  };
  // Each branch is computed where it is defined, also for elements that take another: gradients of what is not taken are multiplied by zero.
  const within = middle(tf.clipByValue(p, LOW, 1 - LOW));
  const low = tail(tf.clipByValue(p, 1e-30, LOW));
  const high = tf.neg(tail(tf.clipByValue(tf.sub(1, p), 1e-30, LOW)));
  return tf.where(tf.less(p, LOW), low, tf.where(tf.greater(p, 1 - LOW), high, within));
}
