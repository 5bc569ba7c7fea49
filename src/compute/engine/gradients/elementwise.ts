/** Gradients of kernels that compute value by value. @module */
import * as tf from '@tensorflow/tfjs-core';
import {
  flat,
  float,
  type Gradient,
  type GradientTable,
  kernel,
  ofInput,
  ofOutput,
  ofSlope,
  ofTwo,
  sumOfRepeats,
  unbroadcast,
} from './forms.js';

/** Zero at zero, as in PyTorch, TensorFlow and JAX; TensorFlow.js has -1 there. */
const abs = ofInput((dy, x) => tf.mul(dy, tf.sign(float(x))));

/** By the signs of what is kept of the first input. */
const prelu: Gradient = {
  inputsToSave: ['x', 'alpha'],
  gradFunc(dy, [x, alpha]) {
    const slope = dy as tf.Tensor;
    const mask = tf.greater(x!, 0);
    return {
      x: () => tf.where(mask, slope, tf.mul(slope, alpha!)),
      alpha: () => unbroadcast(tf.where(mask, tf.zerosLike(slope), tf.mul(slope, x!)), alpha!),
    };
  },
};

const pow: Gradient = {
  inputsToSave: ['a', 'b'],
  outputsToSave: [true],
  gradFunc(dy, [base, exponent, y]) {
    return {
      a() {
        const power = float(exponent!);
        return unbroadcast(tf.mul(dy as tf.Tensor, tf.mul(power, tf.pow(base!, tf.sub(power, 1)))), base!);
      },
      b() {
        const logarithm = tf.where(tf.greater(base!, 0), tf.log(base!), tf.zerosLike(base!));
        return unbroadcast(tf.mul(dy as tf.Tensor, tf.mul(y!, logarithm)), exponent!);
      },
    };
  },
};

/** Where the condition holds, the first value is taken. A choice and not a product: of rows of a softmax that are all masked the slopes are NaN, and none of them is taken. */
const select: Gradient = {
  inputsToSave: ['condition'],
  gradFunc(dy, [condition]) {
    const slope = dy as tf.Tensor;
    return {
      condition: () => float(tf.zerosLike(condition!)),
      t: () => tf.where(condition!, slope, tf.zerosLike(slope)),
      e: () => tf.where(condition!, tf.zerosLike(slope), slope),
    };
  },
};

/** Broadcasting is undone before the division by the square. */
const division: Gradient = {
  inputsToSave: ['a', 'b'],
  gradFunc(dy, [a, b]) {
    const slope = dy as tf.Tensor;
    return {
      a: () => unbroadcast(tf.div(slope, float(b!)), a!),
      b: () => tf.neg(tf.div(unbroadcast(tf.mul(slope, float(a!)), b!), float(tf.square(b!)))),
    };
  },
};

/** Of comparisons and of what joins them: a mask is constant almost everywhere, so that what it lets through has its own gradient. */
const stepOfTwo = ofTwo(
  (_, a) => float(tf.zerosLike(a)),
  (_, __, b) => float(tf.zerosLike(b)),
);

const stepOfOne = ofInput((_, x) => float(tf.zerosLike(x)));

const sumOfSquares = (a: tf.Tensor, b: tf.Tensor) => tf.add(tf.square(a), tf.square(b));

export const elementwise: GradientTable = {
  [tf.Abs]: abs,
  [tf.Acos]: ofInput((dy, x) => tf.neg(tf.div(dy, tf.sqrt(tf.sub(1, tf.square(float(x))))))),
  [tf.Acosh]: ofInput((dy, x) => tf.div(dy, tf.sqrt(tf.sub(tf.square(float(x)), 1)))),
  [tf.Add]: ofTwo(
    (dy) => dy,
    (dy) => dy,
  ),
  [tf.AddN]: {
    saveAllInputs: true,
    gradFunc: (dy, saved) => Object.fromEntries(saved.map((_, i) => [i, () => tf.clone(dy as tf.Tensor)])),
  },
  [tf.All]: stepOfOne,
  [tf.Any]: stepOfOne,
  [tf.Asin]: ofInput((dy, x) => tf.div(dy, tf.sqrt(tf.sub(1, tf.square(float(x)))))),
  [tf.Asinh]: ofInput((dy, x) => tf.div(dy, tf.sqrt(tf.add(1, tf.square(float(x)))))),
  [tf.Atan]: ofInput((dy, x) => tf.div(dy, tf.add(tf.square(float(x)), 1))),
  [tf.Atan2]: ofTwo(
    (dy, a, b) => tf.mul(dy, tf.div(b, sumOfSquares(a, b))),
    (dy, a, b) => tf.neg(tf.mul(dy, tf.div(a, sumOfSquares(a, b)))),
  ),
  [tf.Atanh]: ofInput((dy, x) => tf.div(dy, tf.sub(1, tf.square(float(x))))),
  [tf.Cast]: ofSlope((dy) => tf.clone(dy)),
  [tf.Ceil]: flat,
  [tf.ClipByValue]: ofInput((dy, x, { clipValueMin, clipValueMax }) => {
    const inside = tf.logicalAnd(tf.greaterEqual(x, clipValueMin as number), tf.lessEqual(x, clipValueMax as number));
    return tf.where(inside, dy, tf.zerosLike(dy));
  }),
  [tf.ComplexAbs]: abs,
  [tf.Cos]: ofInput((dy, x) => tf.mul(tf.neg(tf.sin(float(x))), dy)),
  [tf.Cosh]: ofInput((dy, x) => tf.mul(tf.sinh(float(x)), dy)),
  [tf.Elu]: ofOutput((dy, y) => kernel(tf.EluGrad, { dy, y })),
  [tf.Equal]: stepOfTwo,
  [tf.Erf]: ofInput((dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)))),
  [tf.Exp]: ofOutput((dy, y) => tf.mul(dy, y)),
  [tf.Expm1]: ofInput((dy, x) => tf.mul(dy, tf.exp(x))),
  [tf.Floor]: flat,
  [tf.FloorDiv]: division,
  [tf.Greater]: stepOfTwo,
  [tf.GreaterEqual]: stepOfTwo,
  [tf.Identity]: ofSlope(float),
  [tf.IsFinite]: flat,
  [tf.IsInf]: flat,
  [tf.IsNan]: flat,
  [tf.LeakyRelu]: ofInput((dy, x, { alpha }) => tf.where(tf.greater(x, 0), dy, tf.mul(dy, alpha as number))),
  [tf.Less]: stepOfTwo,
  [tf.LessEqual]: stepOfTwo,
  [tf.Log]: ofInput((dy, x) => tf.div(dy, float(x))),
  [tf.Log1p]: ofInput((dy, x) => tf.div(dy, tf.add(x, 1))),
  [tf.LogicalAnd]: stepOfTwo,
  [tf.LogicalNot]: flat,
  [tf.LogicalOr]: stepOfTwo,
  [tf.Maximum]: ofTwo(
    (dy, a, b) => tf.mul(dy, float(tf.greaterEqual(a, b))),
    (dy, a, b) => tf.mul(dy, float(tf.less(a, b))),
  ),
  [tf.Minimum]: ofTwo(
    (dy, a, b) => tf.mul(dy, float(tf.lessEqual(a, b))),
    (dy, a, b) => tf.mul(dy, float(tf.greater(a, b))),
  ),
  [tf.Mod]: ofTwo(
    (dy) => dy,
    (dy, a, b) => tf.mul(dy, tf.neg(tf.floor(tf.div(a, b)))),
  ),
  [tf.Multiply]: ofTwo(
    (dy, _, b) => tf.mul(dy, float(b)),
    (dy, a) => tf.mul(dy, float(a)),
  ),
  [tf.Neg]: ofSlope((dy) => tf.neg(dy)),
  [tf.NotEqual]: stepOfTwo,
  [tf.OnesLike]: flat,
  [tf.Pow]: pow,
  [tf.Prelu]: prelu,
  [tf.RealDiv]: division,
  [tf.Reciprocal]: ofInput((dy, x) => tf.div(dy, tf.neg(tf.square(x)))),
  [tf.Relu]: ofInput((dy, x) => tf.mul(dy, float(tf.step(x)))),
  [tf.Relu6]: ofInput((dy, x) => tf.mul(dy, float(tf.mul(tf.lessEqual(x, 6), tf.step(x))))),
  [tf.Round]: flat,
  [tf.Rsqrt]: ofInput((dy, x) => tf.neg(tf.div(dy, tf.mul(tf.pow(x, 1.5), 2)))),
  [tf.Select]: select,
  [tf.Selu]: ofInput((dy, x) => {
    const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;
    const positive = tf.mul(dy, SELU_SCALE);
    return tf.where(tf.greater(x, 0), positive, tf.mul(tf.mul(dy, SELU_SCALEALPHA), tf.exp(float(x))));
  }),
  [tf.Sigmoid]: ofOutput((dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  [tf.Sign]: flat,
  [tf.Sin]: ofInput((dy, x) => tf.mul(tf.cos(float(x)), dy)),
  [tf.Sinh]: ofInput((dy, x) => tf.mul(tf.cosh(float(x)), dy)),
  [tf.Softplus]: ofInput((dy, x) => tf.mul(dy, tf.sigmoid(x))),
  // At 0 the slope of a norm is 0, as in PyTorch, which an infinite one times that of the squares would not be.
  [tf.Sqrt]: ofInput((dy, x) => tf.where(tf.equal(x, 0), tf.zerosLike(dy), tf.div(dy, tf.mul(tf.sqrt(float(x)), 2)))),
  [tf.Square]: ofInput((dy, x) => tf.mul(dy, tf.mul(float(x), 2))),
  [tf.SquaredDifference]: ofTwo(
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
  ),
  [tf.Step]: flat,
  [tf.Sub]: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => ({
      a: () => unbroadcast(dy as tf.Tensor, a!),
      // The reshape comes last, so that it goes away with those that follow.
      b: () => tf.reshape(tf.neg(sumOfRepeats(dy as tf.Tensor, b!)), b!.shape),
    }),
  },
  [tf.Tan]: ofInput((dy, x) => tf.div(dy, tf.square(tf.cos(x)))),
  [tf.Tanh]: ofOutput((dy, y) => tf.mul(tf.sub(1, tf.square(y)), dy)),
  [tf.ZerosLike]: flat,
};
