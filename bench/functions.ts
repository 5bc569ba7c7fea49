/** What is timed: a forward pass and the step of a signed-gradient attack. @module */
import * as tf from '@tensorflow/tfjs-core';
import { type BatchedFunctionSpec, type DifferentiableModel, toTensors } from '../src/compute/index.js';

export function forwardOf(model: DifferentiableModel): BatchedFunctionSpec {
  return {
    name: 'bench.forward',
    fingerprint: model.fingerprint,
    inputs: { x: { dtype: 'float32', shape: model.spec.inputShape } },
    fn: ({ x }) => ({ logits: model.apply(toTensors(model.variables), x as tf.Tensor4D) }),
  };
}

/** ∇J by the image, J the cross-entropy. */
function gradientOf(model: DifferentiableModel, x: tf.Tensor, label: tf.Tensor): tf.Tensor {
  const variables = toTensors(model.variables);
  const hot = tf.oneHot(label as tf.Tensor1D, model.spec.classCount);
  return tf.grad((image) => tf.neg(tf.sum(tf.mul(hot, tf.logSoftmax(model.apply(variables, image as tf.Tensor4D))))))(x);
}

/** The gradient itself, to compare engines by. */
export function inputGradientOf(model: DifferentiableModel): BatchedFunctionSpec {
  return {
    name: 'bench.gradient',
    fingerprint: model.fingerprint,
    inputs: { x: { dtype: 'float32', shape: model.spec.inputShape }, label: { dtype: 'int32', shape: [] } },
    fn: ({ x, label }) => ({ gradient: gradientOf(model, x!, label!) }),
  };
}

/** `x + α · sign ∇J`, clipped to `[original - ε, original + ε]` and to the pixel range. */
export function attackStepOf(model: DifferentiableModel, epsilon: number, alpha: number): BatchedFunctionSpec {
  const image = { dtype: 'float32', shape: model.spec.inputShape } as const;
  return {
    name: `bench.step ${alpha}`,
    fingerprint: model.fingerprint,
    inputs: { original: image, adversarial: image, label: { dtype: 'int32', shape: [] } },
    fn: ({ original, adversarial, label }) => {
      const moved = tf.add(adversarial!, tf.mul(tf.sign(gradientOf(model, adversarial!, label!)), alpha));
      const lower = tf.maximum(tf.sub(original!, epsilon), 0);
      const upper = tf.minimum(tf.add(original!, epsilon), 1);
      return { adversarial: tf.minimum(tf.maximum(moved, lower), upper) };
    },
  };
}
