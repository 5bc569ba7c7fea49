/**
 * Backward pass differentiable approximation (Athalye et al. 2018): attacks by gradient on a model with parts that have none, whose gradient is taken as if
 * they were not there ("straight through"). Forward, the model is what it is.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable, type DifferentiableModel, identityGradient, straightThroughGradients } from '../../models/index.js';
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
    apply: (variables, x, random) => passingStraightThrough(() => model.apply(variables, x, random)),
  };
}

/** `tf.step` is the operator of no format, but may be in a network that is written in code. */
const STRAIGHT_THROUGH: readonly tf.GradConfig[] = [...straightThroughGradients(), identityGradient(tf.Step)];

/** Runs `fn` while these gradients are in tfjs' table: an op remembers its gradient when it is run forward. */
export function passingStraightThrough<Result>(fn: () => Result): Result {
  const before = STRAIGHT_THROUGH.map(({ kernelName }) => [kernelName, tf.getGradient(kernelName)] as const);
  try {
    STRAIGHT_THROUGH.forEach((config) => tf.registerGradient(config));
    return fn();
  } finally {
    for (const [kernelName, config] of before) {
      if (config) tf.registerGradient(config);
      else tf.unregisterGradient(kernelName);
    }
  }
}
