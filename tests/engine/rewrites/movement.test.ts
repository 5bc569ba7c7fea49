import { Cast } from '../../../src/compute/engine/compiled/operations/comparisons.js';
import { Sum } from '../../../src/compute/engine/compiled/operations/reductions.js';
import { Reshape, Slice, Transpose } from '../../../src/compute/engine/compiled/operations/shapes.js';
import { movement } from '../../../src/compute/engine/compiled/rewrites/movement.js';
import { testRules } from './rules.js';

testRules(movement, {
  'trivial cast': {
    build: (g) => g.op(Cast, { x: g.x('x', [3]) }, { dtype: 'float32' }),
    before: 'Cast(x; dtype=float32)',
    after: 'x',
    nearMiss: (g) => g.op(Cast, { x: g.x('x', [3]) }, { dtype: 'int32' }),
  },
  'trivial reduction': {
    build: (g) => g.op(Sum, { x: g.x('x', [1, 3]) }, { axis: 0, keepDims: false }),
    before: 'Sum(x; axis=0)',
    after: 'Reshape(x; shape=3)',
    nearMiss: (g) => g.op(Sum, { x: g.x('x', [2, 3]) }, { axis: 0, keepDims: false }),
  },
  'trivial pad, slice, tile': {
    build: (g) => g.op(Slice, { x: g.x('x', [3]) }, { begin: [0], size: [-1] }),
    before: 'Slice(x; begin=0 size=-1)',
    after: 'x',
    nearMiss: (g) => g.op(Slice, { x: g.x('x', [3]) }, { begin: [1], size: [-1] }),
  },
  'trivial reshape': {
    build: (g) => g.op(Reshape, { x: g.x('x', [2, 3]) }, { shape: [2, 3] }),
    before: 'Reshape(x; shape=2,3)',
    after: 'x',
    nearMiss: (g) => g.op(Reshape, { x: g.x('x', [2, 3]) }, { shape: [3, 2] }),
  },
  'join reshapes': {
    build: (g) => g.op(Reshape, { x: g.op(Reshape, { x: g.x('x', [2, 3]) }, { shape: [6] }) }, { shape: [3, 2] }),
    before: 'Reshape(Reshape(x; shape=6); shape=3,2)',
    after: 'Reshape(x; shape=3,2)',
    nearMiss: (g) => g.op(Reshape, { x: g.op(Transpose, { x: g.x('x', [2, 3]) }, { perm: [1, 0] }) }, { shape: [2, 3] }),
  },
  'transpose as reshape': {
    build: (g) => g.op(Transpose, { x: g.x('x', [2, 1, 3]) }, { perm: [1, 0, 2] }),
    before: 'Transpose(x; perm=1,0,2)',
    after: 'Reshape(x; shape=1,2,3)',
    nearMiss: (g) => g.op(Transpose, { x: g.x('x', [2, 1, 3]) }, { perm: [2, 1, 0] }),
  },
  'join transposes': {
    build: (g) => g.op(Transpose, { x: g.op(Transpose, { x: g.x('x', [2, 3, 4]) }, { perm: [1, 0, 2] }) }, { perm: [2, 0, 1] }),
    before: 'Transpose(Transpose(x; perm=1,0,2); perm=2,0,1)',
    after: 'Transpose(x; perm=2,1,0)',
    nearMiss: (g) => g.op(Transpose, { x: g.op(Reshape, { x: g.x('x', [2, 3, 4]) }, { shape: [3, 2, 4] }) }, { perm: [2, 0, 1] }),
  },
});
