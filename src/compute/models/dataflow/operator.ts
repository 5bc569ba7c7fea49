/** What an operator is: one entry of a table by the operator's name. @module */
import type * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../errors.js';
import type { Attributes } from './attributes.js';
import type { Gradient } from './gradient.js';
import type { GraphNode } from './graph.js';
import type { Value } from './value.js';

export interface Operator {
  /** Inputs whose elements must be known before the network runs: shapes, axes, bounds. Constants there are no weights. */
  readonly settings?: readonly number[];
  /** Inputs that training replaces by the batch's statistics instead of changing them by gradient. */
  readonly statistics?: readonly number[];
  /** With respect to its inputs other than settings. Default: EXACT. */
  readonly gradient?: Gradient;
  /** Whether it draws random numbers, and so computes no constant of constants. */
  readonly isRandom?: true;
  /** What BPDA takes for the gradient of the kernel that it runs; absent where BPDA changes nothing. */
  readonly straightThrough?: tf.GradConfig;
  run(call: Call): Value | readonly Value[];
}

export type OperatorTable = Readonly<Record<string, Operator>>;

export type RandomKind = 'NORMAL' | 'UNIFORM';

/** What a node may use of the run that it belongs to. */
export interface CallEnvironment {
  /** Batch statistics instead of moving ones. */
  readonly training: boolean;
  /** Receives the new value of a moving statistic in training mode, under the name of the node's input. */
  update(name: string, value: tf.Tensor): void;
  /** Standard normal values, or uniform ones in [0, 1), drawn again in every run. @param name of the node's output. @param shape with the batch in front. */
  random(name: string, kind: RandomKind, shape: readonly number[]): tf.Tensor;
  /** Whether a run may be of any number of images, so that a first axis of size 1 is that of a batch of one. */
  readonly isBatchOpen: boolean;
  /** Mask of a dropout layer in training mode, `[n or more, ...shape]`. @param name of the node. */
  mask(name: string): tf.Tensor;
  /** Shape of a value at the batch size that is written into the file; undefined where the file leaves the batch open. */
  shapeAsWritten(name: string): readonly number[] | undefined;
}

/** One node with the values of its inputs. */
export class Call {
  constructor(
    readonly node: GraphNode,
    readonly inputs: readonly (Value | undefined)[],
    readonly environment: CallEnvironment,
  ) {}

  get attributes(): Attributes {
    return this.node.attributes;
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  /** @throws ComputeError INVALID_MODEL where the input is left out. */
  input(index: number): Value {
    const value = this.inputs[index];
    if (value) return value;
    throw new ComputeError('INVALID_MODEL', `input ${index} is missing`);
  }

  /** A setting that newer files give as an input and older ones as an attribute; undefined where both are left out. */
  setting(name: string, index: number): readonly number[] | undefined {
    if (this.has(index)) return this.input(index).numbers;
    if (!this.attributes.has(name)) return undefined;
    return typeof this.attributes.values[name] === 'number' ? [this.attributes.number(name)] : this.attributes.numbers(name);
  }
}
