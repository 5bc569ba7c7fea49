/**
 * Backward pass differentiable approximation (Athalye et al. 2018): attacks by gradient on a model with parts that have none, whose gradient is taken as if
 * they were not there ("straight through"). Forward, the model is what it is.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable, type DifferentiableModel } from '../../models/index.js';
import { type AttackDefinition, defineAttack } from '../core/definition.js';
import { listOf, running } from './attack-list.js';

/** @param of attacks that may be in the list. */
export function bpda(of: readonly AttackDefinition[]): AttackDefinition {
  return defineAttack({
    kind: 'BPDA',
    name: 'bpda',
    title: 'BPDA',
    description:
      'Attacks by gradient that pass straight through the parts of the model whose gradient is zero or unknown: rounding, floor, ceiling, sign, steps and comparisons. For models that hide their gradient behind one.',
    reference: {
      title: 'Obfuscated Gradients Give a False Sense of Security: Circumventing Defenses to Adversarial Examples',
      authors: 'Athalye, Carlini, Wagner',
      year: 2018,
      link: 'arXiv:1802.00420',
    },
    parameters: { attacks: listOf(of, 'The attacks, one after the other.') },
    ...running(of, (model) => ({ model: straightThrough(differentiable(model)), passes: 1 })),
  });
}

/** The same function with another gradient. */
export function straightThrough(model: DifferentiableModel): DifferentiableModel {
  return {
    ...model,
    fingerprint: `${model.fingerprint}.bpda`,
    apply: (variables, x, random) => withGradients(STRAIGHT_THROUGH, () => model.apply(variables, x, random)),
  };
}

/** The gradient by the output of a kernel that has one output. */
const only = (dy: tf.Tensor | tf.Tensor[]): tf.Tensor => (Array.isArray(dy) ? dy[0]! : dy);

const identity = (kernelName: string): tf.GradConfig => ({
  kernelName,
  gradFunc: (dy) => ({ x: () => only(dy) }),
});

/** `a > b` falls or rises with `a - b`. @param sign of that. */
const comparison = (kernelName: string, sign: 1 | -1): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, [a, b]) => ({
    a: () => summedTo(tf.mul(only(dy), sign), a!.shape),
    b: () => summedTo(tf.mul(only(dy), -sign), b!.shape),
  }),
});

/** A cast to whole numbers or truth values passes gradients on by itself. */
const STRAIGHT_THROUGH: readonly tf.GradConfig[] = [
  ...[tf.Round, tf.Floor, tf.Ceil, tf.Sign, tf.Step].map(identity),
  comparison(tf.Greater, 1),
  comparison(tf.GreaterEqual, 1),
  comparison(tf.Less, -1),
  comparison(tf.LessEqual, -1),
];

/** The transpose of broadcasting. */
function summedTo(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const missing = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((size, axis) => (axis < missing || (shape[axis - missing] === 1 && size > 1) ? [axis] : []));
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, [...shape]);
}

/** Runs `fn` while these gradients are in tfjs' table: an op remembers its gradient when it is run forward. */
function withGradients<Result>(gradients: readonly tf.GradConfig[], fn: () => Result): Result {
  const before = gradients.map(({ kernelName }) => [kernelName, tf.getGradient(kernelName)] as const);
  try {
    gradients.forEach((config) => tf.registerGradient(config));
    return fn();
  } finally {
    for (const [kernelName, config] of before) {
      if (config) tf.registerGradient(config);
      else tf.unregisterGradient(kernelName);
    }
  }
}
