/** Arithmetic and activation functions, element by element. @module */
import type { DType } from '../../../tensors/index.js';
import type { tf } from '../../tensorflow.js';
import { emitAligned } from './aligned.js';
import { broadcastShape, Operation, spec } from '../operation.js';
import { Less, Select } from './comparisons.js';
import type { Emitter } from '../emitter.js';
import type { Attributes, Graph, Inputs, NoAttributes, Node, Value } from '../graph.js';
import type { OnnxAttributes } from '../emitter.js';

type Build<A extends Attributes = NoAttributes> = (e: Emitter, names: string[], node: Node<A>) => string;

const firstOf = (inputs: Inputs) => Object.values(inputs)[0]!;

/** @param zeroSafe whether zeros, which fill blocks, give finite numbers. */
function unary<A extends Attributes = NoAttributes>(name: string, build: Build<A>, zeroSafe = true): Operation<A> {
  return new Operation(name, {
    infer: (inputs) => spec(firstOf(inputs).shape, firstOf(inputs).dtype),
    lower: (node, e) => emitAligned(node, e, (names) => build(e, names, node), zeroSafe),
  });
}

/** @param dtype of the result; that of the first operand unless given. */
function binary(name: string, build: Build, zeroSafe = true, dtype?: DType): Operation {
  return new Operation(name, {
    infer: (inputs) => {
      const [a, b] = Object.values(inputs);
      return spec(broadcastShape(a!.shape, b!.shape), dtype ?? a!.dtype);
    },
    lower: (node, e) => emitAligned(node, e, (names) => build(e, names, node), zeroSafe),
  });
}

/** One ONNX operator of the same meaning. */
function same(op: string, attrs: OnnxAttributes = {}): Build {
  return (e, names) => e.op(op, names, attrs);
}

const isInteger = ({ outputs }: Node) => outputs[0]!.dtype === 'int32';

/** A slope steep enough that the smallest normal float32 reaches 1: turns a hard sigmoid into a step at 0 in one operator. */
export const STEEP = 3e38;

export type StepAttributes = { readonly alpha?: number };

const step: Build<StepAttributes> = (e, [x], node) => {
  const { alpha = 0 } = node.attrs;
  if (isInteger(node)) return e.cast(e.op('Greater', [x!, e.scalar(0, 'int32')]), 'int32');
  const mask = e.op('HardSigmoid', [x!], { alpha: { float: STEEP }, beta: { float: 0 } });
  if (alpha === 0) return mask;
  return e.op('Add', [e.op('Mul', [mask, e.scalar(1 - alpha)]), e.scalar(alpha)]);
};

/** exp(x) - 1 without cancellation near 0. */
const expm1: Build = (e, [x]) => {
  const half = e.op('Tanh', [e.op('Mul', [x!, e.scalar(0.5)])]);
  return e.op('Mul', [half, e.op('Add', [e.op('Exp', [x!]), e.scalar(1)])]);
};

/** log(1 + x) = 2 atanh(x / (2 + x)), which keeps its precision near 0 where the direct form does not. */
const log1p: Build = (e, [x]) => {
  const small = e.op('Less', [e.op('Abs', [x!]), e.scalar(0.5)]);
  const ratio = e.op('Div', [x!, e.op('Add', [x!, e.scalar(2)])]);
  const near = e.op('Mul', [e.op('Atanh', [ratio]), e.scalar(2)]);
  return e.op('Where', [small, near, e.op('Log', [e.op('Add', [x!, e.scalar(1)])])]);
};

const floorDivide: Build = (e, [a, b], node) => {
  if (!isInteger(node)) return e.op('Floor', [e.op('Div', [a!, b!])]);
  const quotient = e.op('Div', [e.cast(a!, 'float32'), e.cast(b!, 'float32')]);
  return e.cast(e.op('Floor', [quotient]), 'int32');
};

/** The remainder that has the divisor's sign. */
const modulo: Build = (e, [a, b], node) => {
  if (isInteger(node)) return e.op('Mod', [a!, b!]);
  return e.op('Sub', [a!, e.op('Mul', [e.op('Floor', [e.op('Div', [a!, b!])]), b!])]);
};

/** dy where y ≥ 0, else dy · (y + 1), as one product. */
const eluGradient: Build = (e, [dy, y]) => e.op('Mul', [dy!, e.op('Add', [e.op('Min', [y!, e.scalar(0)]), e.scalar(1)])]);

const squaredDifference: Build = (e, [a, b]) => {
  const difference = e.op('Sub', [a!, b!]);
  return e.op('Mul', [difference, difference]);
};

export type ClipAttributes = Readonly<tf.ClipByValueAttrs>;

const clip: Build<ClipAttributes> = (e, [x], { attrs, outputs }) => {
  const { dtype } = outputs[0]!;
  return e.op('Clip', [x!, e.scalar(attrs.clipValueMin, dtype), e.scalar(attrs.clipValueMax, dtype)]);
};

/** From the angle of |a| over |b|, which is at most π / 2; at b = 0 the quotient is large, or 0 where a is 0 too. */
function expandAtan2(node: Node, graph: Graph): Value {
  const { a, b } = node.inputs;
  const zero = graph.constant(0, []);
  const width = graph.op(Maximum, { a: graph.op(Abs, { x: b! }), b: graph.constant(SMALLEST_NORMAL, []) });
  const angle = graph.op(Atan, { x: graph.op(RealDiv, { a: graph.op(Abs, { x: a! }), b: width }) });
  const turned = graph.op(Sub, { a: graph.constant(Math.PI, []), b: angle });
  const upper = graph.op(Select, { condition: graph.op(Less, { a: b!, b: zero }), t: turned, e: angle });
  return graph.op(Select, { condition: graph.op(Less, { a: a!, b: zero }), t: graph.op(Neg, { x: upper }), e: upper });
}

const SMALLEST_NORMAL = 2 ** -126;

function sumOf(node: Node, graph: Graph): Value {
  const [first, ...rest] = Object.values(node.inputs);
  return rest.reduce((sum, value) => graph.op(Add, { a: sum, b: value }), first!);
}

export const Abs = unary('Abs', same('Abs'));
export const Acos = unary('Acos', same('Acos'));
export const Acosh = unary('Acosh', same('Acosh'), false);
export const Asin = unary('Asin', same('Asin'));
export const Asinh = unary('Asinh', same('Asinh'));
export const Atan = unary('Atan', same('Atan'));
export const Atanh = unary('Atanh', same('Atanh'));
export const Ceil = unary('Ceil', same('Ceil'));
export const ClipByValue = unary('ClipByValue', clip);
export const Cos = unary('Cos', same('Cos'));
export const Cosh = unary('Cosh', same('Cosh'));
export const Elu = unary('Elu', same('Elu'));
export const Erf = unary('Erf', same('Erf'));
export const Exp = unary('Exp', same('Exp'));
export const Expm1 = unary('Expm1', expm1);
export const Floor = unary('Floor', same('Floor'));

export type LeakyReluAttributes = Readonly<tf.LeakyReluAttrs>;

export const LeakyRelu = unary<LeakyReluAttributes>('LeakyRelu', (e, names, { attrs }) =>
  e.op('LeakyRelu', names, { alpha: { float: attrs.alpha } }),
);
export const Log = unary('Log', same('Log'), false);
export const Log1p = unary('Log1p', log1p);
export const Neg = unary('Neg', same('Neg'));
export const Reciprocal = unary('Reciprocal', same('Reciprocal'), false);
export const Relu = unary('Relu', same('Relu'));
export const Relu6 = unary('Relu6', (e, names) => e.op('Clip', [names[0]!, e.scalar(0), e.scalar(6)]));
export const Round = unary('Round', same('Round'));
export const Rsqrt = unary('Rsqrt', (e, names) => e.op('Reciprocal', [e.op('Sqrt', names)]), false);
export const Selu = unary('Selu', same('Selu'));
export const Sigmoid = unary('Sigmoid', same('Sigmoid'));
export const Sign = unary('Sign', same('Sign'));
export const Sin = unary('Sin', same('Sin'));
export const Sinh = unary('Sinh', same('Sinh'));
export const Softplus = unary('Softplus', same('Softplus'));
export const Sqrt = unary('Sqrt', same('Sqrt'));
export const Square = unary('Square', (e, [x]) => e.op('Mul', [x!, x!]));
export const Step = unary('Step', step);
export const Tan = unary('Tan', same('Tan'));
export const Tanh = unary('Tanh', same('Tanh'));

export const Add = binary('Add', same('Add'));
export const Atan2 = new Operation('Atan2', {
  infer: ({ a, b }) => spec(broadcastShape(a!.shape, b!.shape), a!.dtype),
  expand: expandAtan2,
});
export const EluGrad = binary('EluGrad', eluGradient);
export const FloorDiv = binary('FloorDiv', floorDivide, false, 'int32');
export const Maximum = binary('Maximum', same('Max'));
export const Minimum = binary('Minimum', same('Min'));
export const Mod = binary('Mod', modulo, false);
export const Multiply = binary('Multiply', same('Mul'));
export const Pow = binary('Pow', same('Pow'), false);
export const Prelu = binary('Prelu', same('PRelu'));
export const RealDiv = binary('RealDiv', same('Div'), false);
export const SquaredDifference = binary('SquaredDifference', squaredDifference);
export const Sub = binary('Sub', same('Sub'));

export const AddN = new Operation('AddN', { infer: (inputs) => spec(firstOf(inputs).shape, firstOf(inputs).dtype), expand: sumOf });
