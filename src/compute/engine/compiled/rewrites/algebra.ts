/** Rules of arithmetic: what computes nothing goes away, and constants come together. @module */
import { sameShape } from '../operation.js';
import { Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual } from '../operations/comparisons.js';
import { Add, ClipByValue, Maximum, Minimum, Multiply, Neg, Pow, RealDiv, Reciprocal, Sub } from '../operations/elementwise.js';
import { BatchMatMul } from '../operations/matrices.js';
import { Reshape, Tile } from '../operations/shapes.js';
import type { Node, Value } from '../graph.js';
import { call, type CallPattern, constant, eitherWay, number, only, uniform, value } from './pattern.js';
import { type Rule, rule } from './rule.js';
import { exchanged, isPerChannel, outputOf } from './values.js';

/** An operation with its neutral element gives the other operand, unless broadcasting makes that larger. */
function neutral(name: string, law: string, pattern: CallPattern<{ readonly x: Value; readonly node: Node }>): Rule {
  return rule({ name, law, pattern, condition: ({ x, node }) => sameShape(x.shape, outputOf(node).shape), replacement: ({ x }) => x });
}

/** x + 0 = x */
const addZero = neutral('add zero', 'x + 0 = x', eitherWay(Add, number(0), value('x'), 'node'));

/** x - 0 = x */
const subtractZero = neutral('subtract zero', 'x - 0 = x', call(Sub, { a: value('x'), b: number(0) }, 'node'));

/** x · 1 = x */
const multiplyByOne = neutral('multiply by one', 'x · 1 = x', eitherWay(Multiply, number(1), value('x'), 'node'));

/** x / 1 = x */
const divideByOne = neutral('divide by one', 'x / 1 = x', call(RealDiv, { a: value('x'), b: number(1) }, 'node'));

/** onnxruntime's `Max` and `Min` are slow with a scalar, its `Clip` is not. */
function clipByNumber(name: string, law: string, kernel: typeof Maximum, bounds: (limit: number) => { min: number; max: number }): Rule {
  return rule({
    name,
    law,
    pattern: eitherWay(kernel, value('x'), uniform('limit'), 'node'),
    condition: ({ x, node }) => outputOf(node).dtype === 'float32' && sameShape(x.shape, outputOf(node).shape),
    replacement({ x, limit }, graph) {
      const { min, max } = bounds(limit.uniform);
      return graph.op(ClipByValue, { x }, { clipValueMin: min, clipValueMax: max });
    },
  });
}

const maximumAsClip = clipByNumber('maximum as clip', 'max(x, c) = clip(x, c, ∞)', Maximum, (limit) => ({ min: limit, max: Infinity }));
const minimumAsClip = clipByNumber('minimum as clip', 'min(x, c) = clip(x, -∞, c)', Minimum, (limit) => ({ min: -Infinity, max: limit }));

/** x · 0 = 0. Not of infinities, which networks that are attacked do not compute. */
const multiplyByZero = rule({
  name: 'multiply by zero',
  law: 'x · 0 = 0',
  pattern: eitherWay(Multiply, number(0), value('x'), 'node'),
  replacement: ({ node }, graph) => graph.constant(0, outputOf(node).shape, outputOf(node).dtype),
});

const BINARY = [Add, Sub, Multiply, RealDiv, Maximum, Minimum, Pow, Greater, GreaterEqual, Less, LessEqual, Equal, NotEqual];

/** A constant that repeats one number is a scalar, where the result's shape does not depend on it. */
const uniformAsScalar = rule({
  name: 'uniform as scalar',
  law: 'x ∘ [c, …, c] = x ∘ c',
  pattern: eitherWay(BINARY, uniform('c'), value('x'), 'node'),
  condition: ({ c, x, node }) => c.rank > 0 && sameShape(x.shape, outputOf(node).shape),
  replacement: ({ c, node }, graph) => graph.again(node, exchanged(node, c, graph.constant(c.uniform, [], c.dtype))),
});

/** A product with ones that only repeats the other operand, as gradients of means and sums have it. */
const repeatByConstant = rule({
  name: 'repeat by constant',
  law: 'x · [c, …, c] = tile(x · c)',
  pattern: eitherWay(Multiply, uniform('c'), value('x'), 'node'),
  condition: ({ x, node }) => x.rank === outputOf(node).rank && !x.isConstant && !sameShape(x.shape, outputOf(node).shape),
  replacement({ c, x, node }, graph) {
    const scaled = c.uniform === 1 ? x : graph.op(Multiply, { a: x, b: graph.constant(c.uniform, [], c.dtype) });
    return graph.op(Tile, { x: scaled }, { reps: outputOf(node).shape.map((n, i) => n / x.shape[i]!) });
  },
});

/** A factor goes on what is repeated, before it is. */
const scaleBeforeRepetition = rule({
  name: 'scale before repetition',
  law: 'tile(x) · c = tile(x · c)',
  pattern: eitherWay(Multiply, call(Tile, { x: value('x') }, 'tile'), value('factor')),
  condition: ({ factor }) => factor.rank === 0,
  replacement: ({ tile, x, factor }, graph) => graph.op(Tile, { x: graph.op(Multiply, { a: x, b: factor }) }, tile.attrs),
});

/** A value repeated for every pixel of every image, beside one that has them all: broadcasting repeats it anyway. */
const impliedRepetition = rule({
  name: 'implied repetition',
  law: 'tile(x) ∘ y = x ∘ y',
  pattern: eitherWay([Add, Sub, Multiply], call(Tile, { x: value('x') }, 'tile'), value('whole'), 'node'),
  condition: ({ x, whole, node }) =>
    whole.producer?.calls !== Tile && !whole.isConstant && isPerChannel(x, whole) && sameShape(whole.shape, outputOf(node).shape),
  replacement: ({ x, tile, node }, graph) => graph.again(node, exchanged(node, outputOf(tile), x)),
});

/** Factors that are scalars or one number a channel come together, where the first is a constant. */
const joinFactors = rule({
  name: 'join factors',
  law: '(x · c) · d = x · (c · d)',
  pattern: eitherWay(Multiply, only(eitherWay(Multiply, constant('c'), value('x'), 'product')), value('d'), 'node'),
  condition({ c, x, d, product, node }) {
    const isSmall = (factor: Value) => factor.size === 1 || isPerChannel(factor, outputOf(product));
    // Of two factors of one size, either is the small one: the rule would undo what it has done, for ever.
    const isSmaller = d.isConstant || d.size < x.size;
    return !x.isConstant && isSmaller && isSmall(c) && isSmall(d) && sameShape(x.shape, outputOf(node).shape);
  },
  replacement: ({ c, x, d }, graph) => graph.op(Multiply, { a: x, b: graph.op(Multiply, { a: c, b: d }) }),
});

/** A bias that is added to what is a reshaped matrix is added to the matrix. */
const addBeforeReshape = rule({
  name: 'add before reshape',
  law: 'reshape(A · B) + v = reshape(A · B + v)',
  pattern: eitherWay(Add, only(call(Reshape, { x: call(BatchMatMul, {}, 'product') }, 'reshape')), value('vector')),
  condition({ product, reshape, vector }) {
    const matrix = outputOf(product);
    return matrix.rank === 2 && vector.rank <= 2 && isPerChannel(vector, outputOf(reshape)) && isPerChannel(vector, matrix);
  },
  replacement: ({ product, reshape, vector }, graph) => graph.again(reshape, { x: graph.op(Add, { a: outputOf(product), b: vector }) }),
});

/** A product takes less time than a quotient, and goes on into filters. */
const divideByConstant = rule({
  name: 'divide by constant',
  law: 'x / c = x · (1 / c)',
  pattern: call(RealDiv, { a: value('x'), b: constant('c') }),
  condition: ({ c }) => c.dtype === 'float32',
  replacement: ({ x, c }, graph) => graph.op(Multiply, { a: x, b: graph.op(Reciprocal, { x: c }) }),
});

/** Other rules know sums alone. */
const subtractConstant = rule({
  name: 'subtract constant',
  law: 'x - c = x + (-c)',
  pattern: call(Sub, { a: value('x'), b: constant('c') }),
  condition: ({ x }) => !x.isConstant,
  replacement: ({ x, c }, graph) => graph.op(Add, { a: x, b: graph.op(Neg, { x: c }) }),
});

/** tfjs's fused layers make every product three-dimensional; a plain one is a Gemm. */
const singleProduct = rule({
  name: 'single product',
  law: '[A] · [B] = [A · B]',
  pattern: call(BatchMatMul, { a: value('a'), b: value('b') }, 'node'),
  condition({ a, b }) {
    const isSingle = ({ rank, shape }: Value) => rank > 2 && shape.slice(0, -2).every((n) => n === 1);
    return isSingle(a) && (isSingle(b) || b.rank === 2);
  },
  replacement({ a, b, node }, graph) {
    const flat = (x: Value) => graph.op(Reshape, { x }, { shape: x.shape.slice(-2) });
    return graph.op(Reshape, { x: graph.again(node, { a: flat(a), b: flat(b) }) }, { shape: outputOf(node).shape });
  },
});

/** In the order in which rules of one kernel are tried. */
export const algebra: readonly Rule[] = [
  addZero,
  subtractZero,
  multiplyByOne,
  divideByOne,
  maximumAsClip,
  minimumAsClip,
  multiplyByZero,
  uniformAsScalar,
  repeatByConstant,
  scaleBeforeRepetition,
  impliedRepetition,
  joinFactors,
  addBeforeReshape,
  divideByConstant,
  subtractConstant,
  singleProduct,
];
