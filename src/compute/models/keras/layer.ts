/** What a layer class of Keras is: an operator of the dataflow graph that also knows its weights and its output's shape before anything runs. @module */
import type * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../errors.js';
import type { Attributes } from '../dataflow/attributes.js';
import type { Call, Operator } from '../dataflow/operator.js';
import { Value } from '../dataflow/value.js';

/** With the batch in front; null where any size is taken. */
export type Shape = readonly (number | null)[];

export interface Weight {
  /** Without the layer's: `kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** Inputs of a node: the first value, the weights, then a mask where the class reads one, and further values. */
export interface KerasLayer extends Operator {
  /** Number of axes that the first input must have, the batch included; a pair is the least and the most. */
  readonly rank?: number | readonly [number, number];
  /** Number of values that a call must have at least. Default: exactly 1. */
  readonly minimumInputs?: number;
  /** Names of its arguments in order, where calls may give more than the first by name. */
  readonly argumentNames?: readonly string[];
  /** Settings of a call, such as flags, that the class heeds. */
  readonly callSettings?: readonly string[];
  /** Whether a call may give numbers in place of values. */
  readonly takesConstants?: boolean;
  /** What the class does with the mask of steps that recurrent layers leave out. Default: it is lost. */
  readonly mask?: 'MADE' | 'PASSED' | 'READ';
  /** Whether Keras heeds the mask of its inputs, which is not done here: a network that gives it one is refused. */
  readonly needsMask?: boolean;
  /** Whether a layer of a class that makes masks makes one. Default: it does. */
  makesMask?(settings: Attributes): boolean;
  /** Why training mode cannot run it, where it cannot: it draws random numbers, which would come from no seeded generator. */
  randomInTraining?(settings: Attributes): string | undefined;
  /** In the order of the node's inputs; undefined for one that this layer has not. {@link Operator.statistics} counts the first value as 0. */
  weights?(settings: Attributes, input: Shape, inputs: readonly Shape[]): readonly (Weight | undefined)[];
  /** Names of weights that files hold and no prediction needs. */
  unread?(settings: Attributes): readonly string[];
  /** Values of the filter with zeros that a dilated convolution computes with. */
  dilatedSize?(settings: Attributes, input: Shape): number;
  /** A list of shapes where it has several outputs. */
  outputShape(settings: Attributes, inputs: readonly Shape[]): Shape | readonly Shape[];
}

export type LayerTable = Readonly<Record<string, KerasLayer>>;

/** An operator of one output. */
export function computes(fn: (call: Call) => tf.Tensor): Pick<KerasLayer, 'run'> {
  return { run: (call) => Value.plain(fn(call)) };
}

/** For layers that change values and not shapes. */
export const sameShape: Pick<KerasLayer, 'outputShape'> = { outputShape: (_, [input]) => input! };

export function weight(name: string, shape: readonly number[]): Weight {
  return { name, shape };
}

/** The tensor of an input that may be left out. */
export function optional(call: Call, index: number): tf.Tensor | undefined {
  return call.has(index) ? call.input(index).plain : undefined;
}

/** Size of an axis, counted from the end where it is negative. @throws ComputeError INVALID_MODEL where there is none, or it is open. */
export function sizeOfAxis(shape: Shape, axis: number): number {
  const size = shape.at(axis);
  if (size !== null && size !== undefined) return size;
  throw new ComputeError('INVALID_MODEL', `axis ${axis} of its input [${shape.join(', ')}] should have a defined size`);
}

/** Applies a calculation to a size that may be open. */
export function resized(size: number | null | undefined, fn: (size: number) => number): number | null {
  return size === null || size === undefined ? null : fn(size);
}
