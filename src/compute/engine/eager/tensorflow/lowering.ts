/** How a kernel is computed by others. @module */
import { tf } from '../../tensorflow.js';

export type Inputs = tf.NamedTensorMap;
export type Attributes = Readonly<Record<string, unknown>>;
export type Kernel = (inputs: Inputs, attributes: Attributes) => tf.Tensor;

/** Computes a call of a kernel, of whose `own` form of the backend it may make use: with other inputs or attributes, or unchanged where it does as the reference. */
export type Lowering = (inputs: Inputs, attributes: Attributes, own: Kernel) => tf.Tensor;

/** By the name of the kernel. */
export type LoweringTable = Readonly<Record<string, Lowering>>;
