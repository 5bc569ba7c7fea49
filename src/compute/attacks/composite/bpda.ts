/**
 * Backward pass differentiable approximation (Athalye et al. 2018): attacks by gradient on a model with parts that have none, whose gradient is taken as if
 * they were not there ("straight through"). Forward, the model is what it is.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable, type DifferentiableModel, identityGradient, straightThroughGradients } from '../../models/index.js';
import { choice } from '../../parameters/index.js';
import { type AttackDefinition, defineAttack } from '../core/definition.js';
import { listOf, type ListValues, running } from './attack-list.js';

const PREPROCESSOR_GRADIENTS = {
  GRADIENT: 'Its own, straight through parts that have none.',
  IDENTITY: 'That of the identity: the image is taken for what the preprocessor makes of it.',
} as const;

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
    parameters: {
      attacks: listOf(of, 'The attacks, one after the other.'),
      preprocessor: choice({
        enumName: 'PreprocessorGradient',
        values: PREPROCESSOR_GRADIENTS,
        default: 'GRADIENT',
        description: 'What is taken for the gradient of the preprocessor in front of the model, where it has one.',
      }),
    },
    ...running(of, (model, { preprocessor }: ListValues & { readonly preprocessor: keyof typeof PREPROCESSOR_GRADIENTS }) => {
      const network = differentiable(model);
      const attacked = preprocessor === 'IDENTITY' ? (network.throughPreprocessor ?? network) : network;
      return { model: straightThrough(attacked), passes: 1 };
    }),
  });
}

/** The same function with another gradient. */
export function straightThrough(model: DifferentiableModel): DifferentiableModel {
  return {
    ...model,
    detector: model.detector && straightThrough(model.detector),
    inner: model.inner && {
      ...model.inner,
      at: (layer) => {
        const features = model.inner!.at(layer);
        return (...given) => passingStraightThrough(() => features(...given));
      },
    },
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
