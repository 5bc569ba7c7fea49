/** Kernels whose types of numbers TensorFlow takes more narrowly than the reference. @module */
import { tf } from '../../tensorflow.js';
import type { Lowering, LoweringTable } from './lowering.js';

/** The reference has integers as the quotient of floats. */
const floorDivision: Lowering = (inputs, attributes, own) => tf.cast(own(inputs, attributes), 'int32');

/** The package asks TensorFlow which of the numbers are none, which it answers for floats. */
const onFloats: Lowering = (inputs, attributes, own) => {
  const x = inputs['x']!;
  return tf.cast(own({ x: tf.cast(x, 'float32') }, attributes), x.dtype);
};

export const types: LoweringTable = { [tf.FloorDiv]: floorDivision, [tf.Step]: onFloats };
