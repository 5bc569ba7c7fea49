import { Affine } from '../../../src/compute/engine/compiled/operations/affine.js';
import { Add, Multiply, Sub } from '../../../src/compute/engine/compiled/operations/elementwise.js';
import { Mean, Sum } from '../../../src/compute/engine/compiled/operations/reductions.js';
import { affine } from '../../../src/compute/engine/compiled/rewrites/affine.js';
import type { Inputs, Value } from '../../../src/compute/engine/compiled/graph.js';
import { type GraphBuilder, testRules } from './rules.js';

const SHAPE = [2, 4, 4, 8];

/** x · s */
function scaled(g: GraphBuilder, more: Inputs = {}): Value {
  return g.op(Affine, { x: g.x('x', SHAPE), scale: g.x('s', [8]), ...more }, {});
}

testRules(affine, {
  'scale as affine': {
    build: (g) => g.op(Multiply, { a: g.x('x', SHAPE), b: g.x('s', [1, 1, 1, 8]) }),
    before: 'Multiply(x, s)',
    after: 'Affine(x, scale: Reshape(s; shape=8))',
    nearMiss: (g) => g.op(Multiply, { a: g.x('x', SHAPE), b: g.x('s', []) }),
  },
  'shift into affine': {
    build: (g) => g.op(Add, { a: g.x('t', [8]), b: scaled(g) }),
    before: 'Add(t, Affine(x, scale: s))',
    after: 'Affine(x, scale: s, shift: t)',
    // What is added comes after the shift.
    nearMiss: (g) => g.op(Add, { a: g.x('t', [8]), b: scaled(g, { sum: g.x('y', SHAPE) }) }),
  },
  'shift as affine': {
    build: (g) => g.op(Add, { a: g.x('x', SHAPE), b: g.x('t', [8]) }),
    before: 'Add(x, t)',
    after: 'Affine(x, shift: t)',
    nearMiss: (g) => g.op(Add, { a: g.x('x', SHAPE), b: g.x('t', [4, 8]) }),
  },
  'sum into affine': {
    build: (g) => g.op(Add, { a: scaled(g), b: g.x('y', SHAPE) }),
    before: 'Add(Affine(x, scale: s), y)',
    after: 'Affine(x, scale: s, sum: y)',
    nearMiss: (g) => g.op(Add, { a: scaled(g, { sum: g.x('z', SHAPE) }), b: g.x('y', SHAPE) }),
  },
  'subtract vector': {
    build: (g) => g.op(Sub, { a: g.x('x', SHAPE), b: g.x('t', [8]) }),
    before: 'Sub(x, t)',
    after: 'Add(x, Neg(t))',
    nearMiss: (g) => g.op(Sub, { a: g.x('t', [8]), b: g.x('x', SHAPE) }),
  },
  'compose affine': {
    build: (g) => g.op(Affine, { x: scaled(g, { shift: g.x('t', [8]) }), scale: g.x('u', [8]), shift: g.x('v', [8]) }, {}),
    before: 'Affine(Affine(x, scale: s, shift: t), scale: u, shift: v)',
    after: 'Affine(x, scale: Multiply(s, u), shift: Add(Multiply(t, u), v))',
    // The outer one would have to scale what the inner one adds.
    nearMiss: (g) => g.op(Affine, { x: scaled(g, { sum: g.x('y', SHAPE) }), scale: g.x('u', [8]) }, {}),
  },
  'Mean before affine': {
    build: (g) => g.op(Mean, { x: scaled(g, { shift: g.x('t', [8]) }) }, { axis: [0, 1, 2], keepDims: false }),
    before: 'Mean(Affine(x, scale: s, shift: t); axis=0,1,2)',
    after: 'Reshape(Add(Multiply(Mean(x; axis=0,1,2), s), t); shape=8)',
    // For each image by itself.
    nearMiss: (g) => g.op(Mean, { x: scaled(g) }, { axis: [1, 2], keepDims: false }),
  },
  'Sum before affine': {
    build: (g) => g.op(Sum, { x: scaled(g) }, { axis: [0, 1, 2], keepDims: false }),
    before: 'Sum(Affine(x, scale: s); axis=0,1,2)',
    after: 'Reshape(Multiply(Multiply(Mean(x; axis=0,1,2), s), 32); shape=8)',
    nearMiss: (g) => g.op(Sum, { x: scaled(g) }, { axis: [0, 1, 2, 3], keepDims: false }),
  },
});
