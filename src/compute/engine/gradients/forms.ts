/** Forms that the gradients of kernels have in common. @module */
import * as tf from '@tensorflow/tfjs-core';

/** What TensorFlow.js keeps of a forward call, and how its gradient follows from it. */
export type Gradient = Omit<tf.GradConfig, 'kernelName'>;
export type GradientTable = Readonly<Record<string, Gradient>>;

/** Attributes of the kernels, as their forward calls give them. */
export interface Attributes {
  readonly axis: number;
  readonly strides: number | number[];
  readonly [name: string]: unknown;
}

type Slope = () => tf.Tensor;

/** A gradient that depends on the slope of the output alone. */
export function ofSlope(fn: (dy: tf.Tensor, attributes: Attributes) => tf.Tensor): Gradient {
  return { gradFunc: (dy, _, attributes) => ({ x: () => fn(dy as tf.Tensor, attributes as Attributes) }) };
}

/** A gradient that depends on the one input. */
export function ofInput(fn: (dy: tf.Tensor, x: tf.Tensor, attributes: Attributes) => tf.Tensor, name = 'x'): Gradient {
  return { inputsToSave: [name], gradFunc: (dy, [x], attributes) => ({ [name]: () => fn(dy as tf.Tensor, x!, attributes as Attributes) }) };
}

/** A gradient that depends on the output. */
export function ofOutput(fn: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor): Gradient {
  return { outputsToSave: [true], gradFunc: (dy, [y]) => ({ x: () => fn(dy as tf.Tensor, y!) }) };
}

/** A gradient that depends on the one input and on the output. */
export function ofBoth(fn: (dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, attributes: Attributes) => tf.Tensor): Gradient {
  return {
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, [x, y], attributes) => ({ x: () => fn(dy as tf.Tensor, x!, y!, attributes as Attributes) }),
  };
}

/** Gradients of a kernel of two inputs that broadcast, before that is undone. */
export function ofTwo(
  ofA: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  ofB: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): Gradient {
  return {
    inputsToSave: ['a', 'b'],
    gradFunc(dy, [a, b]) {
      const slope = dy as tf.Tensor;
      return { a: () => unbroadcast(ofA(slope, a!, b!), a!), b: () => unbroadcast(ofB(slope, a!, b!), b!) };
    },
  };
}

/** The gradient with respect to `x` from the one with respect to its broadcast value: the sum along the axes that were repeated. */
export function unbroadcast(slope: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const summed = sumOfRepeats(slope, x);
  return summed === slope ? slope : tf.reshape(summed, x.shape);
}

/** The same before it has the shape of `x`. */
export function sumOfRepeats(slope: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(x.shape, slope.shape);
  return axes.length > 0 ? tf.sum(slope, axes) : slope;
}

/** For kernels of steps, such as rounding. */
export const flat = ofSlope((dy) => tf.zerosLike(dy));

export function float(x: tf.Tensor): tf.Tensor {
  return tf.cast(x, 'float32');
}

export function kernel(name: string, inputs: tf.NamedTensorMap, attributes: object = {}): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap);
}

/** Slopes of a list of inputs. */
export function listed(slopes: readonly tf.Tensor[]): Record<string, Slope> {
  return Object.fromEntries(slopes.map((slope, i) => [i, () => slope]));
}
