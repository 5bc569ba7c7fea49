/** One training step as an engine's program: weights, moving statistics and slots are its state. @module */
import * as tf from '@tensorflow/tfjs-core';
import { type HostTensor, type HostTensors, sizeOf, type Tensors } from '../tensors/index.js';
import type { ProgramSpec } from '../engine/index.js';
import type { DifferentiableModel } from '../models/index.js';
import { gradientsOf } from './gradients.js';
import { type BatchShape, NO_REGULARISATION, type Optimizer, type Regularisation, type SchemeStep, type TrainingScheme } from './types.js';

const WEIGHT = 'weight:';
const AVERAGE = 'average:';
const SCHEME = 'scheme:';
const MASK = 'mask:';
const RATE = 'rate:';
const KEPT = 'kept';

/** @param m size of a minibatch. The outputs of a step: `loss`, a scalar, and `correct`, the number of images (as trained on) that are classified right. */
export function trainingProgram(
  model: DifferentiableModel,
  scheme: TrainingScheme,
  optimizer: Optimizer,
  m: number,
  regularisation = NO_REGULARISATION,
): ProgramSpec {
  const float = (shape: readonly number[]) => ({ dtype: 'float32', shape }) as const;
  const shape = batchShape(model, m);
  return {
    name: `train.${scheme.name}.${optimizer.name}`,
    fingerprint: JSON.stringify([model.fingerprint, scheme.parameters, optimizer.parameters, regularisation]),
    state: initialState(model, scheme, optimizer, regularisation, shape),
    inputs: {
      images: float([m, ...model.spec.inputShape]),
      labels: { dtype: 'int32', shape: [m] },
      ...Object.fromEntries(Object.keys(optimizer.rates(0, 0)).map((name) => [RATE + name, float([])])),
      ...(regularisation.averageFrom === undefined ? {} : { [KEPT]: float([]) }),
      ...Object.fromEntries(Object.entries(model.dropout ?? {}).map(([name, { shape }]) => [MASK + name, float([m, ...shape])])),
      ...Object.fromEntries(Object.entries(scheme.inputs?.(shape) ?? {}).map(([name, shape]) => [name, float(shape)])),
    },
    fn: (state, inputs) => step(model, scheme, optimizer, regularisation, state, inputs),
  };
}

export function batchShape({ spec }: DifferentiableModel, m: number): BatchShape {
  return { m, imageShape: spec.inputShape, classCount: spec.classCount };
}

/** An optimizer's rates as inputs of a step. */
export function rateInputs(rates: Readonly<Record<string, number>>): HostTensors {
  return Object.fromEntries(
    Object.entries(rates).map(([name, value]) => [RATE + name, { dtype: 'float32', shape: [], data: Float32Array.of(value) }]),
  );
}

/** Share of the mean of weights that is kept at a step, as an input of it: before the mean begins none, then as much as makes it the plain mean. */
export function keptInput({ averageFrom }: Regularisation, step: number, totalSteps: number): HostTensors {
  if (averageFrom === undefined) return {};
  const taken = Math.max(0, step - Math.floor(averageFrom * totalSteps));
  return { [KEPT]: { dtype: 'float32', shape: [], data: Float32Array.of(taken / (taken + 1)) } };
}

/** Masks of dropout layers as inputs of a step. */
export function maskInputs(masks: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(masks).map(([name, mask]) => [MASK + name, mask]));
}

/** The model's variables out of a program's state. */
export function variablesOf(model: DifferentiableModel, state: HostTensors): HostTensors {
  return Object.fromEntries(Object.keys(model.variables).map((name) => [name, state[WEIGHT + name]!]));
}

/** The same, with the running average of the weights where one is kept. */
export function averagedVariablesOf(model: DifferentiableModel, state: HostTensors): HostTensors {
  return Object.fromEntries(Object.keys(model.variables).map((name) => [name, state[AVERAGE + name] ?? state[WEIGHT + name]!]));
}

function initialState(
  model: DifferentiableModel,
  scheme: TrainingScheme,
  { slots }: Optimizer,
  { averageDecay, averageFrom }: Regularisation,
  shape: BatchShape,
): HostTensors {
  const state: HostTensors = {};
  for (const [name, value] of Object.entries(model.variables)) state[WEIGHT + name] = value;
  for (const name of model.trainable) {
    for (const slot of slots) state[slotKey(slot, name)] = zeros(model.variables[name]!.shape);
    if (averageDecay > 0) state[AVERAGE + name] = model.variables[name]!;
  }
  if (averageFrom !== undefined) {
    for (const [name, value] of Object.entries(model.variables)) state[AVERAGE + name] = value;
  }
  for (const [name, of] of Object.entries(scheme.state?.(shape) ?? {})) state[SCHEME + name] = zeros(of);
  return state;
}

function zeros(shape: readonly number[]): HostTensor {
  return { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) };
}

function step(
  model: DifferentiableModel,
  scheme: TrainingScheme,
  optimizer: Optimizer,
  regularisation: Regularisation,
  state: Tensors,
  inputs: Tensors,
) {
  const variables: Tensors = Object.fromEntries(Object.keys(model.variables).map((name) => [name, state[WEIGHT + name]!]));
  const schemeStep: SchemeStep = {
    images: inputs['images'] as tf.Tensor4D,
    labels: inputs['labels'] as tf.Tensor1D,
    inputs,
    state: withPrefix(state, SCHEME),
    classCount: model.spec.classCount,
    output: model.output,
    scores: (x) => model.apply(variables, x),
  };
  // Before the gradient is recorded: what is trained on is data, and no gradient flows into how it was made.
  const prepared = scheme.prepare?.(schemeStep) ?? {};
  const masks = withPrefix(inputs, MASK);
  const gradients = gradientsOf({ model, scheme, regularisation, variables, masks, step: schemeStep, prepared });

  const rates = withPrefix(inputs, RATE);
  const next: Tensors = { ...state };
  for (const [name, value] of Object.entries(gradients.updates)) next[WEIGHT + name] = value;
  for (const name of model.trainable) {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, state[slotKey(slot, name)]!]));
    const updated = optimizer.update(variables[name]!, gradients.weights[name]!, slots, rates);
    next[WEIGHT + name] = updated.weight;
    for (const slot of optimizer.slots) next[slotKey(slot, name)] = updated.slots[slot]!;
  }
  const kept = inputs[KEPT] ?? regularisation.averageDecay;
  for (const [name, average] of Object.entries(withPrefix(state, AVERAGE))) {
    next[AVERAGE + name] = blend(average, next[WEIGHT + name]!, kept);
  }
  const updatedState = scheme.updateState?.(schemeStep.state, gradients.state, inputs) ?? {};
  for (const [name, value] of Object.entries(updatedState)) next[SCHEME + name] = value;
  return { state: next, outputs: { loss: gradients.loss, correct: gradients.correct } };
}

function blend(average: tf.Tensor, value: tf.Tensor, kept: tf.Tensor | number): tf.Tensor {
  return tf.add(tf.mul(average, kept), tf.mul(value, typeof kept === 'number' ? 1 - kept : tf.sub(1, kept)));
}

function withPrefix(tensors: Tensors, prefix: string): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
  );
}

function slotKey(slot: string, name: string): string {
  return `${slot}:${name}`;
}
