/** One training step as an engine's program: weights, moving statistics and slots are its state. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../engine/host.js';
import type { HostTensors, ProgramSpec, Tensors } from '../engine/types.js';
import type { DifferentiableModel } from '../models/types.js';
import type { Minibatch, Optimizer, TrainingScheme } from './types.js';

const WEIGHT = 'weight:';
const RATE = 'rate:';

/** @param m size of a minibatch. The outputs of a step: `loss`, a scalar, and `correct`, the number of images (as trained on) that are classified right. */
export function trainingProgram(model: DifferentiableModel, scheme: TrainingScheme, optimizer: Optimizer, m: number): ProgramSpec {
  const float = (shape: readonly number[]) => ({ dtype: 'float32', shape }) as const;
  return {
    name: `train.${scheme.name}.${optimizer.name}`,
    fingerprint: JSON.stringify([model.fingerprint, scheme.parameters, optimizer.parameters]),
    state: initialState(model, optimizer),
    inputs: {
      images: float([m, ...model.spec.inputShape]),
      labels: { dtype: 'int32', shape: [m] },
      ...Object.fromEntries(Object.keys(optimizer.rates(0, 0)).map((name) => [RATE + name, float([])])),
      ...Object.fromEntries(Object.entries(scheme.inputs(m)).map(([name, shape]) => [name, float(shape)])),
    },
    fn: (state, inputs) => step(model, scheme, optimizer, state, inputs),
  };
}

/** An optimizer's rates as inputs of a step. */
export function rateInputs(rates: Readonly<Record<string, number>>): HostTensors {
  return Object.fromEntries(
    Object.entries(rates).map(([name, value]) => [RATE + name, { dtype: 'float32', shape: [], data: Float32Array.of(value) }]),
  );
}

/** The model's variables out of a program's state. */
export function variablesOf(model: DifferentiableModel, state: HostTensors): HostTensors {
  return Object.fromEntries(Object.keys(model.variables).map((name) => [name, state[WEIGHT + name]!]));
}

function initialState(model: DifferentiableModel, { slots }: Optimizer): HostTensors {
  const state: HostTensors = {};
  for (const [name, value] of Object.entries(model.variables)) state[WEIGHT + name] = value;
  for (const name of model.trainable) {
    const { shape } = model.variables[name]!;
    for (const slot of slots) state[slotKey(slot, name)] = { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) };
  }
  return state;
}

function step(model: DifferentiableModel, scheme: TrainingScheme, optimizer: Optimizer, state: Tensors, inputs: Tensors) {
  const variables: Tensors = Object.fromEntries(Object.keys(model.variables).map((name) => [name, state[WEIGHT + name]!]));
  const batch = { images: inputs['images'], labels: inputs['labels'] } as Minibatch;
  // Before the gradient is recorded: what is trained on is data, and no gradient flows into how it was made.
  const prepared = scheme.prepare(batch, inputs, (x) => model.apply(variables, x), model.output);
  const { loss, scores, gradients, updates } = gradientsOf(model, variables, prepared.images, batch.labels, prepared.exampleWeights);

  const rates = Object.fromEntries(Object.keys(optimizer.rates(0, 0)).map((name) => [name, inputs[RATE + name]!]));
  const next: Tensors = { ...state };
  for (const [name, value] of Object.entries(updates)) next[WEIGHT + name] = value;
  for (const name of model.trainable) {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, state[slotKey(slot, name)]!]));
    const updated = optimizer.update(variables[name]!, gradients[name]!, slots, rates);
    next[WEIGHT + name] = updated.weight;
    for (const slot of optimizer.slots) next[slotKey(slot, name)] = updated.slots[slot]!;
  }
  const correct = tf.sum(tf.cast(tf.equal(tf.argMax(scores, 1), batch.labels), 'float32'));
  return { state: next, outputs: { loss, correct } };
}

/** Weighted cross-entropy and its gradient by the trainable variables. */
function gradientsOf(
  model: DifferentiableModel,
  variables: Tensors,
  images: tf.Tensor4D,
  labels: tf.Tensor1D,
  exampleWeights: tf.Tensor1D,
) {
  const kept: { scores?: tf.Tensor; updates: Tensors } = { updates: {} };
  const loss = (...weights: tf.Tensor[]) => {
    const current = { ...variables, ...Object.fromEntries(model.trainable.map((name, i) => [name, weights[i]!])) };
    const { logits, updates } = model.applyTraining(current, images);
    // Only the loss would outlive the scope that tf.valueAndGrads runs this in.
    kept.scores = tf.keep(logits);
    for (const [name, value] of Object.entries(updates)) kept.updates[name] = tf.keep(value);
    const losses = tf.neg(tf.sum(tf.mul(tf.oneHot(labels, model.spec.classCount), tf.logSoftmax(logits)), 1));
    return tf.sum(tf.mul(exampleWeights, losses)) as tf.Scalar;
  };
  const { value, grads } = tf.valueAndGrads(loss)(model.trainable.map((name) => variables[name]!));
  const result = {
    loss: value,
    scores: tf.clone(kept.scores!),
    updates: Object.fromEntries(Object.entries(kept.updates).map(([name, update]) => [name, tf.clone(update)])),
    gradients: Object.fromEntries(model.trainable.map((name, i) => [name, grads[i]!])),
  };
  tf.dispose([kept.scores!, kept.updates]);
  return result;
}

function slotKey(slot: string, name: string): string {
  return `${slot}:${name}`;
}
