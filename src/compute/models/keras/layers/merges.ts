/** Layers of several inputs. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Attributes } from '../../dataflow/attributes.js';
import type { Call } from '../../dataflow/operator.js';
import { normalAxis } from '../../dataflow/value.js';
import { CONSTANT_PLACES, CONSTANTS } from '../added-settings.js';
import { computes, type KerasLayer, type LayerTable, resized, type Shape } from '../layer.js';
import { toUnitLength } from './normalizations.js';

/** Sizes broadcast, and open ones stay open. Shorter shapes get axes of size 1 behind the batch. */
function broadcast(inputs: readonly Shape[]): Shape {
  const rank = Math.max(...inputs.map(({ length }) => length));
  return inputs.map((shape) => aligned(shape, rank)).reduce((a, b) => a.map((size, i) => broadcastSize(size, b[i]!, i === 0, inputs)));
}

function aligned<T>(shape: readonly (T | number)[], rank: number): (T | number)[] {
  return [shape[0]!, ...Array<number>(rank - shape.length).fill(1), ...shape.slice(1)];
}

function broadcastSize(a: number | null, b: number | null, isBatch: boolean, inputs: readonly Shape[]): number | null {
  if (a === b) return a;
  if (isBatch || a === null || b === null) return null;
  if (a === 1 || b === 1) return Math.max(a, b);
  throw new ComputeError('INVALID_MODEL', `its inputs ${inputs.map((shape) => `[${shape.join(', ')}]`).join(', ')} do not fit each other`);
}

function valuesOf({ inputs }: Call): tf.Tensor[] {
  return inputs.map((value) => value!.plain);
}

/** With the numbers that the call gives in place of values. */
function operandsOf(call: Call): tf.Tensor[] {
  const values = valuesOf(call);
  const [numbers, places] = [CONSTANTS, CONSTANT_PLACES].map((name) => call.attributes.numbers(name, []));
  for (const [i, number] of numbers!.entries()) values.splice(places![i]!, 0, tf.scalar(number));
  return values;
}

/** As functions of TensorFlow call them. */
const OPERANDS = ['x', 'y'];

function elementwise(fn: (values: tf.Tensor[]) => tf.Tensor): KerasLayer {
  return {
    minimumInputs: 2,
    takesConstants: true,
    needsMask: true,
    argumentNames: OPERANDS,
    outputShape: (_, inputs) => broadcast(inputs),
    ...computes((call) => {
      const values = operandsOf(call);
      const rank = Math.max(...values.map((value) => value.rank));
      return fn(values.map((value) => (value.rank === rank || value.rank === 0 ? value : tf.reshape(value, aligned(value.shape, rank)))));
    }),
  };
}

const sum = (values: tf.Tensor[]) => values.reduce((a, b) => tf.add(a, b));

const axisOf = (settings: Attributes, rank: number) => normalAxis(settings.number('axis', -1), rank);

function concatenated(settings: Attributes, inputs: readonly Shape[]): Shape {
  const [first] = inputs;
  const axis = axisOf(settings, first!.length);
  const fits = inputs.every((shape) => shape.length === first!.length && shape.every((size, i) => i === axis || size === first![i]));
  if (!fits) {
    const named = inputs.map((shape) => `[${shape.join(', ')}]`).join(', ');
    throw new ComputeError('INVALID_MODEL', `its inputs ${named} do not fit each other beside axis ${axis}`);
  }
  const total = inputs.reduce<number | null>((sum, shape) => (sum === null ? null : resized(shape[axis], (size) => sum + size)), 0);
  return first!.map((size, i) => (i === axis ? total : size));
}

/** The axes, one of each input, along which products are summed. @throws ComputeError INVALID_MODEL */
function dotAxes(settings: Attributes, inputs: readonly (readonly unknown[])[]): [number, number] {
  const given = settings.values['axes'] ?? -1;
  const axes = typeof given === 'number' ? [given, given] : settings.numbers('axes');
  if (inputs.length === 2 && axes.length === 2 && inputs.every(({ length }) => length === 2 || length === 3)) {
    return [normalAxis(axes[0]!, inputs[0]!.length), normalAxis(axes[1]!, inputs[1]!.length)];
  }
  throw new ComputeError('INVALID_MODEL', 'it takes two inputs of two or three axes');
}

function dot(call: Call): tf.Tensor {
  const values = valuesOf(call);
  const axes = dotAxes(
    call.attributes,
    call.inputs.map((value) => value!.shape),
  );
  const [a, b] = call.attributes.flag('normalize') ? values.map((x, i) => toUnitLength(x, [axes[i]!])) : values;
  // One axis of size 1 more makes a vector of each image a matrix; it is gone afterwards.
  const matrix = (x: tf.Tensor, axis: number, first: boolean) => {
    if (x.rank === 3) return (axis === 2) === first ? x : tf.transpose(x, [0, 2, 1]);
    return tf.expandDims(x, first ? 1 : 2);
  };
  const y = tf.matMul(matrix(a!, axes[0], true), matrix(b!, axes[1], false));
  const shape = [...a!.shape.filter((_, i) => i !== axes[0]), ...b!.shape.filter((_, i) => i !== axes[1] && i > 0)];
  return tf.reshape(y, shape.length === 1 ? [...shape, 1] : shape);
}

export const merges: LayerTable = {
  Add: elementwise(sum),
  Average: elementwise((values) => tf.mul(1 / values.length, sum(values))),
  Concatenate: {
    minimumInputs: 2,
    needsMask: true,
    outputShape: concatenated,
    ...computes((call) => {
      const axis = axisOf(call.attributes, call.input(0).rank);
      return tf.concat(valuesOf(call), axis === call.input(0).rank - 1 ? -1 : axis);
    }),
  },
  Divide: elementwise((values) => values.reduce((a, b) => tf.div(a, b))),
  Dot: {
    minimumInputs: 2,
    outputShape(settings, inputs) {
      const [first, second] = dotAxes(settings, inputs);
      if (inputs[0]![first] !== inputs[1]![second]) throw new ComputeError('INVALID_MODEL', 'the axes of its two inputs differ in size');
      const shape = [...inputs[0]!.filter((_, i) => i !== first), ...inputs[1]!.filter((_, i) => i !== second && i > 0)];
      return shape.length === 1 ? [...shape, 1] : shape;
    },
    ...computes(dot),
  },
  Maximum: elementwise((values) => values.reduce((a, b) => tf.maximum(a, b))),
  Minimum: elementwise((values) => values.reduce((a, b) => tf.minimum(a, b))),
  Multiply: elementwise((values) => values.reduce((a, b) => tf.mul(a, b))),
  Subtract: elementwise((values) => values.reduce((a, b) => tf.sub(a, b))),
  TrueDivide: elementwise((values) => values.reduce((a, b) => tf.div(a, b))),
};
