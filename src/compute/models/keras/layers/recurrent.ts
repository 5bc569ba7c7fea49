/** Recurrent layers: a cell, applied to the second axis step by step. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import type { Call } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';
import { type KerasLayer, type LayerTable, optional, type Shape, sizeOfAxis, type Weight, weight } from '../layer.js';
import { count, counts, isChannelsFirst, padding } from '../settings.js';
import { activationOf } from './activations.js';
import { addBias, product } from './core.js';
import { spatialShape, windows } from './spatial.js';

/** State of a cell after a step; the first is its output. */
type States = readonly tf.Tensor[];

interface Cell {
  /** Gates that the kernels hold side by side. */
  readonly gates: number;
  readonly states: number;
  step(call: Call, x: tf.Tensor, states: States): States;
}

/** Positions of a node's inputs. */
const [KERNEL, RECURRENT_KERNEL, BIAS, MASK, FIRST_STATE] = [1, 2, 3, 4, 5];

const inner = (call: Call) => activationOf(call.attributes, 'activation', 'tanh');
const gate = (call: Call) => activationOf(call.attributes, 'recurrent_activation', 'hard_sigmoid');
const kernels = (call: Call) => [call.input(KERNEL).plain, call.input(RECURRENT_KERNEL).plain] as const;

const simple: Cell = {
  gates: 1,
  states: 1,
  step(call, x, [before]) {
    const [kernel, recurrent] = kernels(call);
    const fromInput = addBias(product(x, kernel), optional(call, BIAS));
    return [inner(call)(tf.add(fromInput, product(before!, recurrent)))];
  },
};

/** Cho et al. 2014. */
const gru: Cell = {
  gates: 3,
  states: 1,
  step(call, x, [before]) {
    const [kernel, recurrent] = kernels(call);
    const units = count(call.attributes, 'units');
    if (call.attributes.flag('reset_after')) return resetAfter(call, x, before!);
    const [xUpdate, xReset, xNew] = tf.split(addBias(product(x, kernel), optional(call, BIAS)), 3, 1);
    const [ofGates, ofNew] = tf.split(recurrent, [2 * units, units], 1);
    const [update, reset] = tf.split(product(before!, ofGates!), 2, 1);
    const z = gate(call)(tf.add(xUpdate!, update!));
    const r = gate(call)(tf.add(xReset!, reset!));
    const candidate = inner(call)(tf.add(xNew!, product(tf.mul(r, before!), ofNew!)));
    return [tf.add(tf.mul(z, before!), tf.mul(tf.add(1, tf.neg(z)), candidate))];
  },
};

/** With the reset gate behind the product, as cuDNN has it, and two biases. */
function resetAfter(call: Call, x: tf.Tensor, before: tf.Tensor): States {
  const [kernel, recurrent] = kernels(call);
  const biases = call.has(BIAS) ? tf.unstack(call.input(BIAS).plain) : [];
  const [xUpdate, xReset, xNew] = tf.split(addBias(product(x, kernel), biases[0]), 3, 1);
  const [update, reset, old] = tf.split(addBias(product(before, recurrent), biases[1]), 3, 1);
  const z = gate(call)(tf.add(xUpdate!, update!));
  const r = gate(call)(tf.add(xReset!, reset!));
  const candidate = inner(call)(tf.add(xNew!, tf.mul(r, old!)));
  return [tf.add(tf.mul(z, before), tf.mul(tf.sub(1, z), candidate))];
}

/** Hochreiter & Schmidhuber 1997. */
const lstm: Cell = {
  gates: 4,
  states: 2,
  step(call, x, [before, carry]) {
    const [kernel, recurrent] = kernels(call);
    const z = addBias(tf.add(product(x, kernel), product(before!, recurrent)), optional(call, BIAS));
    return nextCellState(call, tf.split(z, 4, 1), carry!);
  },
};

/** The new state of an LSTM. @param sums of its input, forget, candidate and output gates. */
function nextCellState(call: Call, [input, forget, candidate, output]: tf.Tensor[], carry: tf.Tensor): States {
  const kept = tf.mul(gate(call)(forget!), carry);
  const now = tf.add(kept, tf.mul(gate(call)(input!), inner(call)(candidate!)));
  return [tf.mul(gate(call)(output!), inner(call)(now)), now];
}

/** LSTM whose products are convolutions (Shi et al. 2015). */
const convLstm: Cell = {
  gates: 4,
  states: 2,
  step(call, x, [before, carry]) {
    const settings = call.attributes;
    const format = isChannelsFirst(settings) ? 'NCHW' : 'NHWC';
    const biases = call.has(BIAS) ? tf.split(call.input(BIAS).plain, 4) : [];
    const [kernel, recurrent] = kernels(call).map((filter) => tf.split<tf.Tensor4D>(filter as tf.Tensor4D, 4, 3));
    const [strides, dilations] = [counts(settings, 'strides', 2, 1), counts(settings, 'dilation_rate', 2, 1)] as [number, number][];
    const sums = kernel!.map((filter, i) => {
      const fromInput = tf.conv2d(x as tf.Tensor4D, filter, strides!, padding(settings), format, dilations);
      const fromState = tf.conv2d(before as tf.Tensor4D, recurrent![i]!, 1, 'same', format);
      return tf.add(addBias(fromInput, biases[i], format === 'NCHW' ? 1 : 3), fromState);
    });
    return nextCellState(call, sums, carry!);
  },
};

/** What comes out of all steps, whatever the class. @param stateShape with the batch, without steps. */
function outputs(settings: Attributes, input: Shape, stateShape: Shape, cell: Cell): Shape | readonly Shape[] {
  if (settings.flag('stateful')) {
    throw new ComputeError('INVALID_MODEL', 'it keeps its state from one batch to the next, which no function of the image can');
  }
  const output = settings.flag('return_sequences') ? [stateShape[0]!, input[1]!, ...stateShape.slice(1)] : stateShape;
  return settings.flag('return_state') ? [output, ...Array<Shape>(cell.states).fill(stateShape)] : output;
}

/** @param stateShape for the shape of the input. */
function run(call: Call, cell: Cell, stateShape: Shape): Value | Value[] {
  const settings = call.attributes;
  const x = call.input(0).plain;
  const inTime = (tensor: tf.Tensor) => {
    const steps = tf.transpose(tensor, [1, 0, ...tensor.shape.slice(2).map((_, i) => i + 2)]);
    return tf.unstack(settings.flag('go_backwards') ? tf.reverse(steps, 0) : steps);
  };
  const masks = call.has(MASK) ? inTime(tf.cast(call.input(MASK).plain, 'float32')) : undefined;
  let states: States = Array.from(
    { length: cell.states },
    (_, i) => optional(call, FIRST_STATE + i) ?? tf.zeros([x.shape[0]!, ...(stateShape.slice(1) as number[])]),
  );
  const sequence: tf.Tensor[] = [];
  for (const [t, step] of inTime(x).entries()) {
    const next = cell.step(call, step, states);
    states = masks ? next.map((state, i) => chosen(masks[t]!, state, states[i]!)) : next;
    if (settings.flag('return_sequences')) sequence.push(states[0]!);
  }
  const output = settings.flag('return_sequences') ? tf.stack(sequence, 1) : states[0]!;
  return settings.flag('return_state') ? [output, ...states].map(Value.plain) : Value.plain(output);
}

/** The new state of images whose step counts, and the old one of the others. @param mask `[batch]` of 1 and 0. */
function chosen(mask: tf.Tensor, now: tf.Tensor, before: tf.Tensor): tf.Tensor {
  const factor = tf.reshape(mask, [-1, ...Array<number>(now.rank - 1).fill(1)]);
  return tf.add(tf.mul(now, factor), tf.mul(before, tf.sub(tf.onesLike(factor), factor)));
}

function dropsIn(settings: Attributes): string | undefined {
  const drops = ['dropout', 'recurrent_dropout'].some((name) => settings.number(name, 0) > 0);
  return drops ? 'recurrent layers with dropout' : undefined;
}

function weights(settings: Attributes, cell: Cell, kernel: readonly number[], recurrent: readonly number[]): (Weight | undefined)[] {
  const width = cell.gates * recurrent.at(-1)!;
  return [
    weight('kernel', [...kernel, width]),
    weight('recurrent_kernel', [...recurrent.slice(0, -1), recurrent.at(-1)!, width]),
    settings.flag('use_bias', true) ? weight('bias', [width]) : undefined,
  ];
}

function recurrent(cell: Cell): KerasLayer {
  const stateShape = (settings: Attributes, input: Shape): Shape => [input[0]!, count(settings, 'units')];
  return {
    rank: 3,
    mask: 'READ',
    randomInTraining: dropsIn,
    weights(settings, input) {
      const [kernel, recurrent, bias] = weights(settings, cell, [sizeOfAxis(input, -1)], [count(settings, 'units')]);
      const hasTwoBiases = cell === gru && settings.flag('reset_after');
      return [kernel, recurrent, bias && hasTwoBiases ? weight(bias.name, [2, ...bias.shape]) : bias];
    },
    outputShape: (settings, [input]) => outputs(settings, input!, stateShape(settings, input!), cell),
    run: (call) => run(call, cell, stateShape(call.attributes, call.input(0).shape)),
  };
}

/** Of one step. */
function convolvedShape(settings: Attributes, [batch, , ...step]: Shape): Shape {
  const [kernel, strides, dilations] = [
    counts(settings, 'kernel_size', 2),
    counts(settings, 'strides', 2, 1),
    counts(settings, 'dilation_rate', 2, 1),
  ];
  const size = (each: number, axis: number) => windows(each, kernel[axis]!, padding(settings), strides[axis]!, dilations[axis]);
  return spatialShape(settings, [batch!, ...step], size, count(settings, 'filters'));
}

const convLstm2d: KerasLayer = {
  rank: 5,
  mask: 'READ',
  randomInTraining: dropsIn,
  weights(settings, input) {
    const [size, filters] = [counts(settings, 'kernel_size', 2), count(settings, 'filters')];
    const channels = sizeOfAxis(input, isChannelsFirst(settings) ? 2 : 4);
    return weights(settings, convLstm, [...size, channels], [...size, filters]);
  },
  outputShape: (settings, [input]) => outputs(settings, input!, convolvedShape(settings, input!), convLstm),
  run: (call) => run(call, convLstm, convolvedShape(call.attributes, call.input(0).shape)),
};

export const recurrentLayers: LayerTable = {
  ConvLSTM2D: convLstm2d,
  GRU: recurrent(gru),
  LSTM: recurrent(lstm),
  SimpleRNN: recurrent(simple),
};
