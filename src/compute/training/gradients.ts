/** The loss of a scheme and its gradients, with what is added to every scheme's. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../tensors/index.js';
import type { DifferentiableModel } from '../models/index.js';
import type { Regularisation, SchemeLoss, SchemeStep, TrainingPass, TrainingScheme } from './types.js';

/** Keeps the length of an all-zero tensor from dividing by zero. */
const TINY = 1e-12;

export interface LossProblem {
  readonly model: DifferentiableModel;
  readonly scheme: TrainingScheme;
  readonly regularisation: Regularisation;
  /** Weights and moving statistics. */
  readonly variables: Tensors;
  /** Masks of dropout layers by name. */
  readonly masks: Tensors;
  readonly step: SchemeStep;
  readonly prepared: Tensors;
}

export interface Gradients {
  readonly loss: tf.Scalar;
  /** Examples that were classified right, as they were trained on. */
  readonly correct: tf.Tensor;
  /** New moving statistics. */
  readonly updates: Tensors;
  readonly weights: Tensors;
  readonly state: Tensors;
}

/** Gradients by the weights and by the scheme's state; at weights moved against the descent where the scheme asks for it. */
export function gradientsOf(problem: LossProblem): Gradients {
  const { scheme, regularisation } = problem;
  const gamma = scheme.weightPerturbation ?? 0;
  const moved = gamma === 0 ? problem : { ...problem, variables: perturbed(problem, gamma) };
  const gradients = differentiate(moved);
  const decayed = Object.fromEntries(
    Object.entries(gradients.weights).map(([name, gradient]) => [name, decay(regularisation, gradient, problem.variables[name]!)]),
  );
  return { ...gradients, weights: clipped(decayed, regularisation.gradientClip) };
}

function differentiate({ model, scheme, regularisation, variables, masks, step, prepared }: LossProblem): Gradients {
  const kept: { correct?: tf.Tensor; updates: Tensors } = { updates: {} };
  const stateNames = Object.keys(step.state);
  const values = [...model.trainable.map((name) => variables[name]!), ...stateNames.map((name) => step.state[name]!)];
  const loss = (...inputs: tf.Tensor[]) => {
    let current: Tensors = { ...variables, ...Object.fromEntries(model.trainable.map((name, i) => [name, inputs[i]!])) };
    const state = Object.fromEntries(stateNames.map((name, i) => [name, inputs[model.trainable.length + i]!]));
    const network: TrainingPass = (x, updatesStatistics = true) => {
      const { logits, auxiliary, updates } = model.applyTraining(current, x, masks);
      if (updatesStatistics) {
        current = { ...current, ...updates };
        kept.updates = { ...kept.updates, ...updates };
      }
      return {
        logits,
        crossEntropy(targets, temperature = 1) {
          const main = crossEntropy(logits, targets, temperature, regularisation.labelSmoothing);
          if (!auxiliary) return main;
          const second = crossEntropy(auxiliary, targets, temperature, regularisation.labelSmoothing);
          return tf.add(main, tf.mul(second, regularisation.auxiliaryWeight));
        },
      };
    };
    const result = scheme.loss(network, { ...step, state }, prepared);
    // Only the loss would outlive the scope that tf.valueAndGrads runs this in.
    kept.correct = tf.keep(countCorrect(result));
    kept.updates = Object.fromEntries(Object.entries(kept.updates).map(([name, value]) => [name, tf.keep(tf.clone(value))]));
    return result.loss;
  };
  const { value, grads } = tf.valueAndGrads(loss)(values);
  const result = {
    loss: value,
    correct: tf.clone(kept.correct!),
    updates: Object.fromEntries(Object.entries(kept.updates).map(([name, update]) => [name, tf.clone(update)])),
    weights: Object.fromEntries(model.trainable.map((name, i) => [name, grads[i]!])),
    state: Object.fromEntries(stateNames.map((name, i) => [name, grads[model.trainable.length + i]!])),
  };
  tf.dispose([kept.correct!, kept.updates]);
  return result;
}

function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor, temperature: number, smoothing: number): tf.Tensor1D {
  const logProbabilities = tf.logSoftmax(temperature === 1 ? logits : tf.div(logits, temperature));
  const probabilities = targets.rank === 2 ? targets : smoothed(targets as tf.Tensor1D, logits.shape[1], smoothing);
  return tf.neg(tf.sum(tf.mul(probabilities, logProbabilities), 1)) as tf.Tensor1D;
}

function smoothed(labels: tf.Tensor1D, classCount: number, smoothing: number): tf.Tensor {
  const oneHot = tf.cast(tf.oneHot(labels, classCount), 'float32');
  return smoothing === 0 ? oneHot : tf.add(tf.mul(oneHot, 1 - smoothing), smoothing / classCount);
}

function countCorrect({ logits, labels }: SchemeLoss): tf.Tensor {
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32'));
}

/** Kernels moved by γ of their length along their gradients, each by itself. */
function perturbed(problem: LossProblem, gamma: number): Tensors {
  const { weights } = differentiate(problem);
  const moved: Tensors = { ...problem.variables };
  for (const [name, gradient] of Object.entries(weights)) {
    const weight = problem.variables[name]!;
    if (!isKernel(weight)) continue;
    const factor = tf.div(tf.mul(gamma, tf.norm(weight)), tf.add(tf.norm(gradient), TINY));
    moved[name] = tf.add(weight, tf.mul(factor, gradient));
  }
  return moved;
}

/** Biases and the scales of batch norm are left alone. */
function decay({ weightDecay }: Regularisation, gradient: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return weightDecay === 0 || !isKernel(weight) ? gradient : tf.add(gradient, tf.mul(weight, weightDecay));
}

/** Formats name weights as they like, and store biases as `[channels, 1, 1]` too: what spans one axis alone is a bias or a scale. */
function isKernel({ shape }: tf.Tensor): boolean {
  return shape.filter((size) => size > 1).length > 1;
}

function clipped(gradients: Tensors, limit: number): Tensors {
  if (limit === 0) return gradients;
  const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
  const length = tf.sqrt(tf.addN(squares));
  const factor = tf.minimum(1, tf.div(limit, tf.add(length, TINY)));
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
}
