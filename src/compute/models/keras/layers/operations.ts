/** Functions of `keras.ops` between layers, which Keras 3 writes as layers of their own. @module */
import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../../dataflow/attributes.js';
import { normalAxis } from '../../dataflow/value.js';
import { computes, type KerasLayer, type LayerTable, sameShape, type Shape } from '../layer.js';
import { activations } from './activations.js';

const elementwise = (fn: (x: tf.Tensor, settings: Attributes) => tf.Tensor): KerasLayer => ({
  ...sameShape,
  ...computes((call) => fn(call.input(0).plain, call.attributes)),
});

/** Axes to reduce: all where the settings name none. */
function axesOf(settings: Attributes, rank: number): number[] {
  const given = settings.values['axis'];
  if (given === undefined) return Array.from({ length: rank }, (_, i) => i);
  return (typeof given === 'number' ? [given] : settings.numbers('axis')).map((axis) => normalAxis(axis, rank));
}

function reduction(fn: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor): KerasLayer {
  return {
    outputShape(settings, [input]): Shape {
      const axes = axesOf(settings, input!.length);
      if (settings.flag('keepdims')) return input!.map((size, i) => (axes.includes(i) ? 1 : size));
      return input!.filter((_, i) => !axes.includes(i));
    },
    ...computes((call) => {
      const x = call.input(0).plain;
      return fn(x, axesOf(call.attributes, x.rank), call.attributes.flag('keepdims'));
    }),
  };
}

export const operations: LayerTable = {
  Absolute: elementwise((x) => tf.abs(x)),
  Exp: elementwise((x) => tf.exp(x)),
  Gelu: elementwise((x, settings) => (settings.flag('approximate', true) ? activations['gelu_new']! : activations['gelu']!)(x)),
  Log: elementwise((x) => tf.log(x)),
  Max: reduction((x, axes, keepDims) => tf.max(x, axes, keepDims)),
  Mean: reduction((x, axes, keepDims) => tf.mean(x, axes, keepDims)),
  Min: reduction((x, axes, keepDims) => tf.min(x, axes, keepDims)),
  Negative: elementwise((x) => tf.neg(x)),
  Relu: elementwise((x) => tf.relu(x)),
  Relu6: elementwise((x) => tf.relu6(x)),
  Sigmoid: elementwise((x) => tf.sigmoid(x)),
  Silu: elementwise((x) => tf.mul(tf.sigmoid(x), x)),
  Sqrt: elementwise((x) => tf.sqrt(x)),
  Square: elementwise((x) => tf.square(x)),
  Sum: reduction((x, axes, keepDims) => tf.sum(x, axes, keepDims)),
  Tanh: elementwise((x) => tf.tanh(x)),
};
