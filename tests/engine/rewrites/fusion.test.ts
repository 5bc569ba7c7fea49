import { Conv } from '../../../src/compute/engine/compiled/operations/convolutions.js';
import {
  Add,
  ClipByValue,
  LeakyRelu,
  Multiply,
  Relu,
  Relu6,
  Sigmoid,
  Tanh,
} from '../../../src/compute/engine/compiled/operations/elementwise.js';
import { Affine } from '../../../src/compute/engine/compiled/operations/affine.js';
import { BatchMatMul } from '../../../src/compute/engine/compiled/operations/matrices.js';
import { fusion } from '../../../src/compute/engine/compiled/rewrites/fusion.js';
import type { Inputs, Value } from '../../../src/compute/engine/compiled/graph.js';
import { type Build, type GraphBuilder, type RuleCase, testRules } from './rules.js';

const PLAIN = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1 } as const;

function conv(g: GraphBuilder, more: Inputs = {}, kind?: 'Relu'): Value {
  const inputs = { x: g.x('x', [1, 4, 4, 3]), filter: g.x('W', [1, 1, 3, 8]), ...more };
  return g.op(Conv, inputs, kind ? { ...PLAIN, activation: { kind } } : PLAIN);
}

function product(g: GraphBuilder, more: Inputs = {}): Value {
  return g.op(BatchMatMul, { a: g.x('A', [4, 5]), b: g.x('B', [5, 3]), ...more }, {});
}

/** After a convolution; not after another activation. */
function activation(apply: (g: GraphBuilder, x: Value) => Value, before: string, joined: string): RuleCase {
  return {
    build: (g) => apply(g, conv(g)),
    before: before.replace('CONV', 'Conv(x, filter: W)'),
    after: `Conv(x, filter: W; activation=${joined})`,
    nearMiss: (g) => apply(g, conv(g, {}, 'Relu')),
  };
}

/** What two readers need is computed. */
const readTwice: Build = (g) => {
  const y = g.op(Affine, { x: g.x('x', [1, 4, 4, 8]), scale: g.x('s', [8]) }, {});
  return g.op(Add, { a: y, b: g.op(Relu, { x: y }) });
};

testRules(fusion, {
  'bias into convolution': {
    build: (g) => g.op(Add, { a: g.x('c', [8]), b: conv(g, { bias: g.x('d', [8]) }) }),
    before: 'Add(c, Conv(x, filter: W, bias: d))',
    after: 'Conv(x, filter: W, bias: Add(d, c))',
    // An activation has been applied.
    nearMiss: (g) => g.op(Add, { a: g.x('c', [8]), b: conv(g, {}, 'Relu') }),
  },
  'sum into convolution': {
    build: (g) => g.op(Add, { a: conv(g), b: g.x('y', [1, 4, 4, 8]) }),
    before: 'Add(Conv(x, filter: W), y)',
    after: 'Conv(x, filter: W, sum: y)',
    nearMiss: (g) => g.op(Add, { a: conv(g), b: g.x('y', [1, 1, 4, 8]) }),
  },
  'bias into matrix product': {
    build: (g) => g.op(Add, { a: product(g), b: g.x('v', [3]) }),
    before: 'Add(BatchMatMul(A, B), v)',
    after: 'BatchMatMul(A, B, bias: v)',
    nearMiss: (g) => g.op(Add, { a: product(g), b: g.x('v', [4, 1]) }),
  },
  'scaled matrix into matrix product': {
    build: (g) => g.op(Add, { a: g.op(Multiply, { a: g.x('M', [4, 3]), b: g.constant(0.5, []) }), b: product(g) }),
    before: 'Add(Multiply(M, 0.5), BatchMatMul(A, B))',
    after: 'BatchMatMul(A, B, bias: M; beta=0.5)',
    // A factor that only the step itself knows.
    nearMiss: (g) => g.op(Add, { a: g.op(Multiply, { a: g.x('M', [4, 3]), b: g.x('c', []) }), b: product(g) }),
  },
  'matrix into matrix product': {
    build: (g) => g.op(Add, { a: product(g), b: g.x('M', [4, 3]) }),
    before: 'Add(BatchMatMul(A, B), M)',
    after: 'BatchMatMul(A, B, bias: M; beta=1)',
    nearMiss: (g) => g.op(Add, { a: product(g, { bias: g.x('v', [3]) }), b: g.x('M', [4, 3]) }),
  },
  'ClipByValue into convolution or affine': activation(
    (g, x) => g.op(ClipByValue, { x }, { clipValueMin: 0, clipValueMax: 1 }),
    'ClipByValue(CONV; clipValueMin=0 clipValueMax=1)',
    '{"kind":"Clip","params":[0,1]}',
  ),
  'LeakyRelu into convolution or affine': activation(
    (g, x) => g.op(LeakyRelu, { x }, { alpha: 0.5 }),
    'LeakyRelu(CONV; alpha=0.5)',
    '{"kind":"LeakyRelu","params":[0.5]}',
  ),
  'Relu into convolution or affine': {
    build: (g) => g.op(Relu, { x: g.op(Affine, { x: g.x('x', [1, 4, 4, 8]), scale: g.x('s', [8]) }, {}) }),
    before: 'Relu(Affine(x, scale: s))',
    after: 'Affine(x, scale: s; activation={"kind":"Relu"})',
    nearMiss: readTwice,
  },
  'Relu6 into convolution or affine': activation((g, x) => g.op(Relu6, { x }), 'Relu6(CONV)', '{"kind":"Clip","params":[0,6]}'),
  'Sigmoid into convolution or affine': activation((g, x) => g.op(Sigmoid, { x }), 'Sigmoid(CONV)', '{"kind":"Sigmoid"}'),
  'Tanh into convolution or affine': activation((g, x) => g.op(Tanh, { x }), 'Tanh(CONV)', '{"kind":"Tanh"}'),
});
