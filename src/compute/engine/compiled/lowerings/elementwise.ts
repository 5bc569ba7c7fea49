/** Arithmetic and activation functions, element by element. @module */
import { emitAligned } from './aligned.js';
import { broadcastShape, spec, type Lowering, type LoweringTable } from '../lowering.js';
import type { Emitter } from '../emitter.js';
import type { Attributes, Graph, Inputs, Node } from '../graph.js';
import type { OnnxAttributes } from '../emitter.js';

type Build = (e: Emitter, names: string[], attrs: Attributes, node: Node) => string;

const firstOf = (inputs: Inputs) => Object.values(inputs)[0]!;

function unary(build: Build, zeroSafe = true): Lowering {
  return {
    infer: (inputs) => spec(firstOf(inputs).shape, firstOf(inputs).dtype),
    lower: (node, e) => emitAligned(node, e, (names) => build(e, names, node.attrs, node), zeroSafe),
  };
}

function binary(build: Build, zeroSafe = true): Lowering {
  return {
    infer: (inputs) => {
      const [a, b] = Object.values(inputs);
      return spec(broadcastShape(a!.shape, b!.shape), a!.dtype);
    },
    lower: (node, e) => emitAligned(node, e, (names) => build(e, names, node.attrs, node), zeroSafe),
  };
}

/** One ONNX operator of the same meaning. */
function same(op: string, attrs: OnnxAttributes = {}): Build {
  return (e, names) => e.op(op, names, attrs);
}

const isInteger = (node: Node) => node.outputs[0]!.dtype === 'int32';

/** A slope steep enough that the smallest normal float32 reaches 1: turns a hard sigmoid into a step at 0 in one operator. */
export const STEEP = 3e38;

const step: Build = (e, [x], { alpha = 0 }, node) => {
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

const floorDivide: Build = (e, [a, b], _attrs, node) => {
  if (!isInteger(node)) return e.op('Floor', [e.op('Div', [a!, b!])]);
  const quotient = e.op('Div', [e.cast(a!, 'float32'), e.cast(b!, 'float32')]);
  return e.cast(e.op('Floor', [quotient]), 'int32');
};

/** The remainder that has the divisor's sign. */
const modulo: Build = (e, [a, b], _attrs, node) => {
  if (isInteger(node)) return e.op('Mod', [a!, b!]);
  return e.op('Sub', [a!, e.op('Mul', [e.op('Floor', [e.op('Div', [a!, b!])]), b!])]);
};

/** dy where y ≥ 0, else dy · (y + 1), as one product. */
const eluGradient: Build = (e, [dy, y]) => e.op('Mul', [dy!, e.op('Add', [e.op('Min', [y!, e.scalar(0)]), e.scalar(1)])]);

const squaredDifference: Build = (e, [a, b]) => {
  const difference = e.op('Sub', [a!, b!]);
  return e.op('Mul', [difference, difference]);
};

const clip: Build = (e, [x], { clipValueMin, clipValueMax }, node) => {
  const { dtype } = node.outputs[0]!;
  return e.op('Clip', [x!, e.scalar(clipValueMin!, dtype), e.scalar(clipValueMax!, dtype)]);
};

/** From the angle of |a| over |b|, which is at most π / 2; at b = 0 the quotient is large, or 0 where a is 0 too. */
function expandAtan2(node: Node, graph: Graph) {
  const { a, b } = node.inputs;
  const zero = graph.constant(0, []);
  const width = graph.op('Maximum', { a: graph.op('Abs', { x: b! }), b: graph.constant(SMALLEST_NORMAL, []) });
  const angle = graph.op('Atan', { x: graph.op('RealDiv', { a: graph.op('Abs', { x: a! }), b: width }) });
  const turned = graph.op('Sub', { a: graph.constant(Math.PI, []), b: angle });
  const upper = graph.op('Select', { condition: graph.op('Less', { a: b!, b: zero }), t: turned, e: angle });
  return graph.op('Select', { condition: graph.op('Less', { a: a!, b: zero }), t: graph.op('Neg', { x: upper }), e: upper });
}

const SMALLEST_NORMAL = 2 ** -126;

function sumOf(node: Node, graph: Graph) {
  const [first, ...rest] = Object.values(node.inputs);
  return rest.reduce((sum, value) => graph.op('Add', { a: sum, b: value }), first!);
}

export const elementwise: LoweringTable = {
  Abs: unary(same('Abs')),
  Acos: unary(same('Acos')),
  Acosh: unary(same('Acosh'), false),
  Asin: unary(same('Asin')),
  Asinh: unary(same('Asinh')),
  Atan: unary(same('Atan')),
  Atanh: unary(same('Atanh')),
  Ceil: unary(same('Ceil')),
  ClipByValue: unary(clip),
  Cos: unary(same('Cos')),
  Cosh: unary(same('Cosh')),
  Elu: unary(same('Elu')),
  Erf: unary(same('Erf')),
  Exp: unary(same('Exp')),
  Expm1: unary(expm1),
  Floor: unary(same('Floor')),
  LeakyRelu: unary((e, names, { alpha }) => e.op('LeakyRelu', names, { alpha: { float: alpha! } })),
  Log: unary(same('Log'), false),
  Log1p: unary(log1p),
  Neg: unary(same('Neg')),
  Reciprocal: unary(same('Reciprocal'), false),
  Relu: unary(same('Relu')),
  Relu6: unary((e, names) => e.op('Clip', [names[0]!, e.scalar(0), e.scalar(6)])),
  Round: unary(same('Round')),
  Rsqrt: unary((e, names) => e.op('Reciprocal', [e.op('Sqrt', names)]), false),
  Selu: unary(same('Selu')),
  Sigmoid: unary(same('Sigmoid')),
  Sign: unary(same('Sign')),
  Sin: unary(same('Sin')),
  Sinh: unary(same('Sinh')),
  Softplus: unary(same('Softplus')),
  Sqrt: unary(same('Sqrt')),
  Square: unary((e, [x]) => e.op('Mul', [x!, x!])),
  Step: unary(step),
  Tan: unary(same('Tan')),
  Tanh: unary(same('Tanh')),

  Add: binary(same('Add')),
  Atan2: { infer: ({ a, b }) => spec(broadcastShape(a!.shape, b!.shape), a!.dtype), expand: expandAtan2 },
  EluGrad: binary(eluGradient),
  FloorDiv: { ...binary(floorDivide, false), infer: ({ a, b }) => spec(broadcastShape(a!.shape, b!.shape), 'int32') },
  Maximum: binary(same('Max')),
  Minimum: binary(same('Min')),
  Mod: binary(modulo, false),
  Multiply: binary(same('Mul')),
  Pow: binary(same('Pow'), false),
  Prelu: binary(same('PRelu')),
  RealDiv: binary(same('Div'), false),
  SquaredDifference: binary(squaredDifference),
  Sub: binary(same('Sub')),

  AddN: { infer: (inputs) => spec(firstOf(inputs).shape, firstOf(inputs).dtype), expand: sumOf },
};
