/** Rules of moving elements about: what moves nothing goes away, and what moves twice moves once. @module */
import { sameShape } from '../operation.js';
import { Cast } from '../operations/comparisons.js';
import { Max, Mean, Sum } from '../operations/reductions.js';
import { PadV2, Reshape, Slice, Tile, Transpose } from '../operations/shapes.js';
import { call, value } from './pattern.js';
import { type Rule, rule } from './rule.js';
import { outputOf } from './values.js';

/** cast(x) = x to the type that x has. */
const trivialCast = rule({
  name: 'trivial cast',
  law: 'cast(x) = x, to its own type',
  pattern: call(Cast, { x: value('x') }, 'node'),
  condition: ({ x, node }) => x.dtype === outputOf(node).dtype,
  replacement: ({ x }) => x,
});

/** A reduction over axes of length 1 leaves the values as they are. */
const trivialReduction = rule({
  name: 'trivial reduction',
  law: 'Σ x = reshape(x), over axes of length 1',
  pattern: call([Max, Mean, Sum], { x: value('x') }, 'node'),
  condition: ({ x, node }) => outputOf(node).size === x.size && outputOf(node).dtype === x.dtype,
  replacement: ({ x, node }, graph) => graph.op(Reshape, { x }, { shape: outputOf(node).shape }),
});

/** Padding by nothing, a slice of all, and one repetition. */
const trivialExtent = rule({
  name: 'trivial pad, slice, tile',
  law: 'pad(x) = slice(x) = tile(x) = x, if the shape stays',
  pattern: call([PadV2, Slice, Tile], { x: value('x') }, 'node'),
  condition: ({ x, node }) => sameShape(x.shape, outputOf(node).shape),
  replacement: ({ x }) => x,
});

const trivialReshape = rule({
  name: 'trivial reshape',
  law: 'reshape(x) = x, to its own shape',
  pattern: call(Reshape, { x: value('x') }, 'node'),
  condition: ({ x, node }) => sameShape(x.shape, outputOf(node).shape),
  replacement: ({ x }) => x,
});

const joinReshapes = rule({
  name: 'join reshapes',
  law: 'reshape(reshape(x)) = reshape(x)',
  pattern: call(Reshape, { x: call(Reshape, { x: value('x') }) }, 'node'),
  replacement: ({ x, node }, graph) => graph.op(Reshape, { x }, { shape: outputOf(node).shape }),
});

/** A transpose that keeps the order of all axes longer than 1 moves nothing. */
const transposeAsReshape = rule({
  name: 'transpose as reshape',
  law: 'transpose(x) = reshape(x), if axes longer than 1 stay in order',
  pattern: call(Transpose, { x: value('x') }, 'node'),
  condition({ x, node }) {
    const long = node.attrs.perm.filter((axis) => x.shape[axis]! > 1);
    return long.every((axis, i) => i === 0 || axis > long[i - 1]!);
  },
  replacement: ({ x, node }, graph) => graph.op(Reshape, { x }, { shape: outputOf(node).shape }),
});

/** xᵖ transposed by q is x transposed by p ∘ q. */
const joinTransposes = rule({
  name: 'join transposes',
  law: 'transpose(transpose(x, p), q) = transpose(x, p ∘ q)',
  pattern: call(Transpose, { x: call(Transpose, { x: value('x') }, 'inner') }, 'outer'),
  replacement: ({ x, inner, outer }, graph) =>
    graph.op(Transpose, { x }, { perm: outer.attrs.perm.map((axis) => inner.attrs.perm[axis]!) }),
});

export const movement: readonly Rule[] = [
  trivialCast,
  trivialReduction,
  trivialExtent,
  trivialReshape,
  joinReshapes,
  transposeAsReshape,
  joinTransposes,
];
