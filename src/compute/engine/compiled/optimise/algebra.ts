/** Rules of arithmetic and of moving elements about: what computes nothing goes away. @module */
import { sameShape } from '../lowering.js';
import { bothOrders, isPerChannel, madeBy } from './match.js';
import type { Node, Value } from '../graph.js';
import type { Rule, RuleTable } from './rewrite.js';

const x = (node: Node): Value => node.inputs.x!;

/** The other operand, where one is a constant that repeats `neutral` and the result has the other's shape. */
function withoutNeutral(neutral: number, sides: readonly ('a' | 'b')[]): Rule {
  return (node) => {
    for (const side of sides) {
      const constant = node.inputs[side]!;
      const other = node.inputs[side === 'a' ? 'b' : 'a']!;
      if (constant.isConstant && constant.uniform === neutral && sameShape(other.shape, node.outputs[0]!.shape)) return other;
    }
    return undefined;
  };
}

/** A constant that repeats one number as a scalar, where the result's shape does not depend on it. */
const shrinkUniform: Rule = (node, graph) => {
  const shape = node.outputs[0]!.shape;
  for (const [constant, other, name] of [[node.inputs.a!, node.inputs.b!, 'a'] as const, [node.inputs.b!, node.inputs.a!, 'b'] as const]) {
    if (!constant.isConstant || constant.rank === 0 || constant.uniform === null || !sameShape(other.shape, shape)) continue;
    return graph.op(node.kernel, { ...node.inputs, [name]: graph.constant(constant.uniform, [], constant.dtype) }, node.attrs);
  }
  return undefined;
};

/** A product with ones that only repeats the other operand, as gradients of means and sums have it. */
const repeatByOnes: Rule = (node, graph) => {
  const shape = node.outputs[0]!.shape;
  for (const [constant, other] of [[node.inputs.a!, node.inputs.b!] as const, [node.inputs.b!, node.inputs.a!] as const]) {
    if (
      !constant.isConstant ||
      constant.uniform === null ||
      other.rank !== shape.length ||
      other.isConstant ||
      sameShape(other.shape, shape)
    )
      continue;
    const scaled =
      constant.uniform === 1 ? other : graph.op('Multiply', { a: other, b: graph.constant(constant.uniform, [], constant.dtype) });
    return graph.op('Tile', { x: scaled }, { reps: shape.map((n, i) => n / other.shape[i]!) });
  }
  return undefined;
};

const zeroProduct: Rule = (node, graph) => {
  const output = node.outputs[0]!;
  const isZero = [node.inputs.a!, node.inputs.b!].some((operand) => operand.isConstant && operand.uniform === 0);
  return isZero ? graph.constant(0, output.shape, output.dtype) : undefined;
};

/** (x · c) · d as x · (c · d), for factors that are scalars or one number a channel, and c a constant. */
const joinFactors: Rule = (node, graph) => {
  const { a, b } = node.inputs;
  for (const [product, outer] of [[a!, b!] as const, [b!, a!] as const]) {
    const inner = madeBy(product, 'Multiply');
    if (!inner || graph.uses(product) > 1) continue;
    const constant = [inner.inputs.a!, inner.inputs.b!].find((value) => value.isConstant);
    const rest = [inner.inputs.a!, inner.inputs.b!].find((value) => !value.isConstant);
    const small = (value: Value) => value.size === 1 || isPerChannel(value, product);
    if (!constant || !rest || !small(constant) || !small(outer) || !sameShape(rest.shape, node.outputs[0]!.shape)) continue;
    return graph.op('Multiply', { a: rest, b: graph.op('Multiply', { a: constant, b: outer }) });
  }
  return undefined;
};

/** A value repeated for every pixel of every image, beside one that has them all: the repetition is implied. */
const impliedRepetition: Rule = (node, graph) => {
  for (const [name, other] of [['a', 'b'] as const, ['b', 'a'] as const]) {
    const tile = madeBy(node.inputs[name], 'Tile');
    const whole = node.inputs[other]!;
    if (
      !tile ||
      madeBy(whole, 'Tile') ||
      whole.isConstant ||
      !isPerChannel(x(tile), whole) ||
      !sameShape(whole.shape, node.outputs[0]!.shape)
    )
      continue;
    return graph.op(node.kernel, { ...node.inputs, [name]: x(tile) }, node.attrs);
  }
  return undefined;
};

/** A factor goes on what is repeated, before it is. */
const scaleBeforeRepetition: Rule = (node, graph) => {
  for (const [repeated, factor] of bothOrders(node)) {
    const tile = factor.size === 1 && factor.rank === 0 ? madeBy(repeated, 'Tile') : undefined;
    if (tile) return graph.op('Tile', { x: graph.op('Multiply', { a: x(tile), b: factor }) }, tile.attrs);
  }
  return undefined;
};

const divideByConstant: Rule = (node, graph) => {
  const { a, b } = node.inputs;
  return b!.isConstant && b!.dtype === 'float32' ? graph.op('Multiply', { a: a!, b: graph.op('Reciprocal', { x: b! }) }) : undefined;
};

const subtractConstant: Rule = (node, graph) => {
  const { a, b } = node.inputs;
  return b!.isConstant && !a!.isConstant ? graph.op('Add', { a: a!, b: graph.op('Neg', { x: b! }) }) : undefined;
};

/** The larger or smaller of x and a number: onnxruntime's `Max` and `Min` are slow with a scalar, its `Clip` is not. */
function clipByNumber(bounds: (limit: number) => { clipValueMin: number; clipValueMax: number }): Rule {
  return (node, graph) => {
    const output = node.outputs[0]!;
    if (output.dtype !== 'float32') return undefined;
    for (const [value, constant] of bothOrders(node)) {
      if (!constant.isConstant || constant.uniform === null || !sameShape(value.shape, output.shape)) continue;
      return graph.op('ClipByValue', { x: value }, bounds(constant.uniform));
    }
    return undefined;
  };
}

/** A batch of one product is a plain product: tfjs's fused layers make every product three-dimensional. */
const singleProduct: Rule = (node, graph) => {
  const { a, b } = node.inputs;
  const isSingle = (value: Value) => value.rank > 2 && value.shape.slice(0, -2).every((n) => n === 1);
  if (!isSingle(a!) || !(isSingle(b!) || b!.rank === 2)) return undefined;
  const flat = (value: Value) => graph.op('Reshape', { x: value }, { shape: value.shape.slice(-2) });
  return graph.op('Reshape', { x: graph.op('BatchMatMul', { a: flat(a!), b: flat(b!) }, node.attrs) }, { shape: node.outputs[0]!.shape });
};

/** A bias that is added to what is a reshaped matrix is added to the matrix. */
const vectorBeforeReshape: Rule = (node, graph) => {
  for (const [y, vector] of bothOrders(node)) {
    const reshape = madeBy(y, 'Reshape');
    if (!reshape || graph.uses(y) > 1 || x(reshape).rank !== 2 || !madeBy(x(reshape), 'BatchMatMul')) continue;
    if (!isPerChannel(vector, y) || !isPerChannel(vector, x(reshape)) || vector.rank > 2) continue;
    return graph.op('Reshape', { x: graph.op('Add', { a: x(reshape), b: vector }) }, reshape.attrs);
  }
  return undefined;
};

const sameCast: Rule = (node) => (x(node).dtype === node.outputs[0]!.dtype ? x(node) : undefined);

const sameReshape: Rule = (node, graph) => {
  const { shape } = node.outputs[0]!;
  if (sameShape(shape, x(node).shape)) return x(node);
  const inner = madeBy(x(node), 'Reshape');
  return inner ? graph.op('Reshape', { x: x(inner) }, { shape }) : undefined;
};

/** A transpose that keeps the order of all axes longer than 1 is a reshape. */
const trivialTranspose: Rule = (node, graph) => {
  const perm = node.attrs.perm!;
  const long = perm.filter((axis) => x(node).shape[axis]! > 1);
  const ordered = long.every((axis, i) => i === 0 || axis > long[i - 1]!);
  if (ordered) return graph.op('Reshape', { x: x(node) }, { shape: node.outputs[0]!.shape });
  const inner = madeBy(x(node), 'Transpose');
  if (!inner) return undefined;
  const innerPerm = inner.attrs.perm!;
  return graph.op('Transpose', { x: x(inner) }, { perm: perm.map((axis) => innerPerm[axis]!) });
};

const sameShapeAsInput: Rule = (node) => (sameShape(x(node).shape, node.outputs[0]!.shape) ? x(node) : undefined);

/** A reduction over axes of length 1, which leaves the values as they are. */
const trivialReduction: Rule = (node, graph) => {
  const output = node.outputs[0]!;
  return output.size === x(node).size && output.dtype === x(node).dtype
    ? graph.op('Reshape', { x: x(node) }, { shape: output.shape })
    : undefined;
};

const binaryKernels = [
  'Add',
  'Sub',
  'Multiply',
  'RealDiv',
  'Maximum',
  'Minimum',
  'Pow',
  'Greater',
  'GreaterEqual',
  'Less',
  'LessEqual',
  'Equal',
  'NotEqual',
];

export const algebra: RuleTable = {
  ...Object.fromEntries(binaryKernels.map((kernel) => [kernel, [shrinkUniform]])),
  Add: [withoutNeutral(0, ['a', 'b']), shrinkUniform, impliedRepetition, vectorBeforeReshape],
  BatchMatMul: [singleProduct],
  Cast: [sameCast],
  Max: [trivialReduction],
  Maximum: [clipByNumber((limit) => ({ clipValueMin: limit, clipValueMax: Infinity })), shrinkUniform],
  Mean: [trivialReduction],
  Minimum: [clipByNumber((limit) => ({ clipValueMin: -Infinity, clipValueMax: limit })), shrinkUniform],
  Multiply: [
    withoutNeutral(1, ['a', 'b']),
    zeroProduct,
    shrinkUniform,
    repeatByOnes,
    scaleBeforeRepetition,
    impliedRepetition,
    joinFactors,
  ],
  PadV2: [sameShapeAsInput],
  RealDiv: [withoutNeutral(1, ['b']), shrinkUniform, divideByConstant],
  Reshape: [sameReshape],
  Slice: [sameShapeAsInput],
  Sub: [withoutNeutral(0, ['b']), shrinkUniform, impliedRepetition, subtractConstant],
  Sum: [trivialReduction],
  Tile: [sameShapeAsInput],
  Transpose: [trivialTranspose],
};
