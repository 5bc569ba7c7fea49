/**
 * Values in whole numbers of 8 or 16 bits with a scale and a zero point, rounded as onnxruntime does (Jacob et al. 2018, arXiv 1712.05877). Gradients pass
 * straight through the rounding, and are zero where a value is cut off.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import type { Call } from '../../dataflow/operator.js';
import { roundStraightThrough } from '../../dataflow/straight-through.js';
import { type Scale, Value } from '../../dataflow/value.js';

/** Smallest and largest number of a type. */
export type Range = readonly [low: number, high: number];

/** Factors of a product, in single precision. @throws ComputeError UNSUPPORTED_OPERATION where both have several. */
export function productOf(a: Scale, b: Scale): Scale {
  if (a.factors.length > 1) throw new ComputeError('UNSUPPORTED_OPERATION', 'activations with a scale for each channel are not supported');
  return { axis: b.axis, factors: b.factors.map((factor) => Math.fround(a.factors[0]! * factor)) };
}

/** A vector in whole numbers of a scale: a bias that is added to them. */
export function inScale(bias: Value, { factors }: Scale): Value {
  if (bias.quantized) return bias.quantized.numbers;
  if (bias.dtype === 'int32') return Value.plain(tf.cast(bias.plain, 'float32'));
  return Value.plain(tf.div(bias.plain, tf.tensor1d([...factors])));
}

/** A scale or zero point as an input gives it. */
function factorsOf(call: Call, index: number, axis: number): Scale {
  return { axis, factors: call.input(index).numbers };
}

/**
 * The whole numbers of a value without its zero point.
 * @param zeroPoint index of the input with the zero point, which may be left out. @param axis along which there are several.
 */
export function numbersOf(call: Call, index: number, zeroPoint: number, axis = 0): Value {
  const x = call.input(index);
  const numbers = x.dtype === 'float32' ? x : x.like(tf.cast(x.tensor, 'float32'));
  if (!call.has(zeroPoint)) return numbers;
  const zeroPoints = factorsOf(call, zeroPoint, axis);
  return zeroPoints.factors.every((factor) => factor === 0) ? numbers : numbers.like(tf.sub(numbers.tensor, x.along(zeroPoints)));
}

/** What whole numbers stand for. @param index of the input with them; scale and zero point follow it. */
export function dequantized(call: Call, index: number, axis = 0): Value {
  return Value.quantized(numbersOf(call, index, index + 2, axis), factorsOf(call, index + 1, axis));
}

/**
 * Rounds a value to whole numbers.
 * @param scaleAt index of the input with the scale; the zero point follows it. @param range of the type of the output.
 */
export function quantized(call: Call, x: Value, scaleAt: number, range: Range, axis = 1): Value {
  const { factors } = factorsOf(call, scaleAt, axis);
  const zeroPoints = call.has(scaleAt + 1) ? call.input(scaleAt + 1).numbers : [0];
  // Of whole numbers, only their scale is divided: as onnxruntime does, to the bit.
  const ratio = factors.length === 1 && x.quantized?.scale.factors.map((factor) => Math.fround(factor / factors[0]!));
  const scaled = ratio
    ? x.quantized!.numbers.times({ ...x.quantized!.scale, factors: ratio })
    : tf.div(x.tensor, x.along({ factors, axis }));
  return x.like(roundedInto(scaled, range, x.along({ factors: zeroPoints, axis })));
}

/** Rounded, halves to even numbers, moved by the zero point, and cut off where the type ends. */
export function roundedInto(scaled: tf.Tensor, [low, high]: Range, zeroPoint: tf.Tensor): tf.Tensor {
  return tf.clipByValue(tf.add(roundStraightThrough(scaled), zeroPoint), low, high);
}
