import { expect, it } from 'vitest';
import { Less } from '../../../src/compute/engine/compiled/operations/comparisons.js';
import { Add, Maximum, Minimum, Multiply, RealDiv, Relu, Sub } from '../../../src/compute/engine/compiled/operations/elementwise.js';
import { BatchMatMul } from '../../../src/compute/engine/compiled/operations/matrices.js';
import { Reshape, Tile } from '../../../src/compute/engine/compiled/operations/shapes.js';
import { algebra } from '../../../src/compute/engine/compiled/rewrites/algebra.js';
import { rewrite, ruleTable } from '../../../src/compute/engine/compiled/rewrites/driver.js';
import { call, value } from '../../../src/compute/engine/compiled/rewrites/pattern.js';
import { rule } from '../../../src/compute/engine/compiled/rewrites/rule.js';
import { GraphBuilder, testRules } from './rules.js';

testRules(algebra, {
  'add zero': {
    build: (g) => g.op(Add, { a: g.constant(0, []), b: g.op(Relu, { x: g.x('x', [2, 3]) }) }),
    before: 'Add(0, Relu(x))',
    after: 'Relu(x)',
    // The sum is larger than x.
    nearMiss: (g) => g.op(Add, { a: g.constant(0, [2, 3]), b: g.x('x', [3]) }),
  },
  'subtract zero': {
    build: (g) => g.op(Sub, { a: g.op(Relu, { x: g.x('x', [3]) }), b: g.constant(0, [3]) }),
    before: 'Sub(Relu(x), 0[3])',
    after: 'Relu(x)',
    nearMiss: (g) => g.op(Sub, { a: g.constant(0, [3]), b: g.x('x', [3]) }),
  },
  'multiply by one': {
    build: (g) => g.op(Multiply, { a: g.op(Relu, { x: g.x('x', [3]) }), b: g.constant(1, []) }),
    before: 'Multiply(Relu(x), 1)',
    after: 'Relu(x)',
    nearMiss: (g) => g.op(Multiply, { a: g.x('x', [1]), b: g.constant(1, [3]) }),
  },
  'divide by one': {
    build: (g) => g.op(RealDiv, { a: g.op(Relu, { x: g.x('x', [3]) }), b: g.constant(1, []) }),
    before: 'RealDiv(Relu(x), 1)',
    after: 'Relu(x)',
    nearMiss: (g) => g.op(RealDiv, { a: g.constant(1, []), b: g.x('x', [3]) }),
  },
  'maximum as clip': {
    build: (g) => g.op(Maximum, { a: g.constant(2, []), b: g.x('x', [3]) }),
    before: 'Maximum(2, x)',
    after: 'ClipByValue(x; clipValueMin=2 clipValueMax=Infinity)',
    nearMiss: (g) => g.op(Maximum, { a: g.c('c', [3]), b: g.x('x', [3]) }),
  },
  'minimum as clip': {
    build: (g) => g.op(Minimum, { a: g.x('x', [3]), b: g.constant(2, [3]) }),
    before: 'Minimum(x, 2[3])',
    after: 'ClipByValue(x; clipValueMin=-Infinity clipValueMax=2)',
    nearMiss: (g) => g.op(Minimum, { a: g.x('x', [3], 'int32'), b: g.constant(2, [], 'int32') }),
  },
  'multiply by zero': {
    build: (g) => g.op(Multiply, { a: g.x('x', [3]), b: g.constant(0, [2, 3]) }),
    before: 'Multiply(x, 0[2,3])',
    after: '0[2,3]',
    nearMiss: (g) => g.op(Multiply, { a: g.x('x', [3]), b: g.constant(1e-30, [2, 3]) }),
  },
  'uniform as scalar': {
    build: (g) => g.op(Less, { a: g.constant(2, [3]), b: g.x('x', [3]) }),
    before: 'Less(2[3], x)',
    after: 'Less(2, x)',
    nearMiss: (g) => g.op(Less, { a: g.constant(2, [3]), b: g.x('x', [1]) }),
  },
  'repeat by constant': {
    build: (g) => g.op(Multiply, { a: g.x('x', [1, 3]), b: g.constant(2, [4, 3]) }),
    before: 'Multiply(x, 2[4,3])',
    after: 'Tile(Multiply(x, 2); reps=4,1)',
    // Of another rank.
    nearMiss: (g) => g.op(Multiply, { a: g.x('x', [3]), b: g.constant(2, [4, 3]) }),
  },
  'scale before repetition': {
    build: (g) => g.op(Multiply, { a: g.op(Tile, { x: g.x('x', [1, 3]) }, { reps: [4, 1] }), b: g.constant(2, []) }),
    before: 'Multiply(Tile(x; reps=4,1), 2)',
    after: 'Tile(Multiply(x, 2); reps=4,1)',
    nearMiss: (g) => g.op(Multiply, { a: g.op(Tile, { x: g.x('x', [1, 3]) }, { reps: [4, 1] }), b: g.c('c', [3]) }),
  },
  'implied repetition': {
    build: (g) => g.op(Sub, { a: g.x('y', [4, 3]), b: g.op(Tile, { x: g.x('x', [1, 3]) }, { reps: [4, 1] }) }),
    before: 'Sub(y, Tile(x; reps=4,1))',
    after: 'Sub(y, x)',
    // Both are repeated: nothing else has the whole shape.
    nearMiss: (g) => {
      const tiled = (name: string) => g.op(Tile, { x: g.x(name, [1, 3]) }, { reps: [4, 1] });
      return g.op(Add, { a: tiled('x'), b: tiled('y') });
    },
  },
  'join factors': {
    build: (g) => g.op(Multiply, { a: g.op(Multiply, { a: g.x('x', [2, 3]), b: g.c('c', [3]) }), b: g.x('d', [3]) }),
    before: 'Multiply(Multiply(x, c), d)',
    after: 'Multiply(x, Multiply(c, d))',
    // The inner factor is not known while compiling.
    nearMiss: (g) => g.op(Multiply, { a: g.op(Multiply, { a: g.x('x', [2, 3]), b: g.x('c', [3]) }), b: g.x('d', [3]) }),
  },
  'add before reshape': {
    build: (g) => {
      const product = g.op(BatchMatMul, { a: g.x('A', [4, 5]), b: g.x('B', [5, 3]) }, {});
      return g.op(Add, { a: g.op(Reshape, { x: product }, { shape: [2, 2, 3] }), b: g.x('v', [3]) });
    },
    before: 'Add(Reshape(BatchMatMul(A, B); shape=2,2,3), v)',
    after: 'Reshape(Add(BatchMatMul(A, B), v); shape=2,2,3)',
    // The vector is along another axis of the matrix.
    nearMiss: (g) => {
      const product = g.op(BatchMatMul, { a: g.x('A', [4, 5]), b: g.x('B', [5, 3]) }, {});
      return g.op(Add, { a: g.op(Reshape, { x: product }, { shape: [2, 6] }), b: g.x('v', [6]) });
    },
  },
  'divide by constant': {
    build: (g) => g.op(RealDiv, { a: g.x('x', [3]), b: g.constant(4, []) }),
    before: 'RealDiv(x, 4)',
    after: 'Multiply(x, 0.25)',
    nearMiss: (g) => g.op(RealDiv, { a: g.x('x', [3]), b: g.x('c', []) }),
  },
  'subtract constant': {
    build: (g) => g.op(Sub, { a: g.x('x', [3]), b: g.constant(4, []) }),
    before: 'Sub(x, 4)',
    after: 'Add(x, -4)',
    nearMiss: (g) => g.op(Sub, { a: g.constant(4, []), b: g.x('x', [3]) }),
  },
  'single product': {
    build: (g) => g.op(BatchMatMul, { a: g.x('A', [1, 4, 5]), b: g.x('B', [1, 3, 5]) }, { transposeB: true }),
    before: 'BatchMatMul(A, B; transposeB=true)',
    after: 'Reshape(BatchMatMul(Reshape(A; shape=4,5), Reshape(B; shape=3,5); transposeB=true); shape=1,4,3)',
    nearMiss: (g) => g.op(BatchMatMul, { a: g.x('A', [2, 4, 5]), b: g.x('B', [2, 5, 3]) }, {}),
  },
});

it('factors of one size stay as they are, as a normalisation has them in a batch of one image: joined, they would be joined again for ever', () => {
  const graph = new GraphBuilder();
  const scaled = graph.op(Multiply, { a: graph.x('x', [1, 3]), b: graph.c('c', [3]) });
  graph.outputs.set('y', graph.op(Multiply, { a: scaled, b: graph.x('d', [1, 3]) }));
  expect(rewrite(graph, ruleTable(algebra), { provider: 'cpu', blockSize: 8, threads: 1 }).rules.size).toBe(0);
});

it('a rule that undoes itself does not keep a network from being compiled', () => {
  const turned = rule({
    name: 'turn',
    law: 'x + y = y + x',
    pattern: call(Add, { a: value('x'), b: value('y') }),
    replacement: ({ x, y }, g) => g.op(Add, { a: y, b: x }),
  });
  const graph = new GraphBuilder();
  graph.outputs.set('y', graph.op(Add, { a: graph.x('x', [3]), b: graph.x('z', [3]) }));
  rewrite(graph, ruleTable([turned]), { provider: 'cpu', blockSize: 8, threads: 1 });
  expect(graph.outputs.get('y')!.shape).toEqual([3]);
});
