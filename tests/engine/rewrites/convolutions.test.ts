import { ConvInputGradient } from '../../../src/compute/engine/compiled/operations/convolution-gradients.js';
import { Conv } from '../../../src/compute/engine/compiled/operations/convolutions.js';
import { Multiply } from '../../../src/compute/engine/compiled/operations/elementwise.js';
import { PadV2, Slice } from '../../../src/compute/engine/compiled/operations/shapes.js';
import { convolutions } from '../../../src/compute/engine/compiled/rewrites/convolutions.js';
import type { Inputs, Value } from '../../../src/compute/engine/compiled/graph.js';
import { type GraphBuilder, testRules } from './rules.js';

const PLAIN = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1 } as const;

function padded(g: GraphBuilder, constantValue: number): Value {
  const x = g.op(
    PadV2,
    { x: g.x('x', [1, 4, 4, 3]) },
    {
      paddings: [
        [0, 0],
        [1, 2],
        [3, 4],
        [0, 0],
      ],
      constantValue,
    },
  );
  return g.op(Conv, { x, filter: g.c('W', [1, 1, 3, 8]) }, PLAIN);
}

function gradient(g: GraphBuilder, dy: Value, filter: Value): Value {
  return g.op(ConvInputGradient, { dy, filter }, { ...PLAIN, shape: [1, 4, 4, 3] });
}

/** (conv(x, W) + b) · s */
function scaled(g: GraphBuilder, more: Inputs): Value {
  const conv = g.op(Conv, { x: g.x('x', [1, 4, 4, 3]), filter: g.c('W', [1, 1, 3, 8]), bias: g.x('b', [8]), ...more }, PLAIN);
  return g.op(Multiply, { a: conv, b: g.c('s', [1, 1, 1, 8]) });
}

testRules(convolutions, {
  'pad into convolution': {
    build: (g) => padded(g, 0),
    before: 'Conv(PadV2(x; paddings=0,0,1,2,3,4,0,0), filter: W)',
    after: 'Conv(x, filter: W; pads=1,3,2,4)',
    nearMiss: (g) => padded(g, 1),
  },
  'scale before input gradient': {
    build: (g) => gradient(g, g.op(Multiply, { a: g.x('dy', [1, 4, 4, 8]), b: g.constant(2, []) }), g.constant(3, [1, 1, 3, 8])),
    before: 'ConvInputGradient(dy: Multiply(dy, 2), filter: 3[1,1,3,8]; shape=1,4,4,3)',
    // The filter is known, and so is its product.
    after: 'ConvInputGradient(dy: dy, filter: 6[1,1,3,8]; shape=1,4,4,3)',
    // Weights that are trained are not known.
    nearMiss: (g) => gradient(g, g.op(Multiply, { a: g.x('dy', [1, 4, 4, 8]), b: g.constant(2, []) }), g.x('W', [1, 1, 3, 8])),
  },
  'scale after convolution': {
    build: (g) => scaled(g, {}),
    before: 'Multiply(Conv(x, filter: W, bias: b), s)',
    after: 'Conv(x, filter: constant[1,1,3,8], bias: Multiply(b, constant[8]))',
    nearMiss: (g) => scaled(g, { sum: g.x('y', [1, 4, 4, 8]) }),
  },
  'scale after input gradient': {
    build: (g) => g.op(Multiply, { a: gradient(g, g.x('dy', [1, 4, 4, 8]), g.c('W', [1, 1, 3, 8])), b: g.c('s', [3]) }),
    before: 'Multiply(ConvInputGradient(dy: dy, filter: W; shape=1,4,4,3), s)',
    after: 'ConvInputGradient(dy: dy, filter: constant[1,1,3,8]; shape=1,4,4,3)',
    // One number a row, not a channel.
    nearMiss: (g) => g.op(Multiply, { a: gradient(g, g.x('dy', [1, 4, 4, 8]), g.c('W', [1, 1, 3, 8])), b: g.c('s', [4, 1, 1]) }),
  },
  'crop into input gradient': {
    build: (g) =>
      g.op(Slice, { x: gradient(g, g.x('dy', [1, 4, 4, 8]), g.c('W', [1, 1, 3, 8])) }, { begin: [0, 1, 0, 0], size: [1, 2, 3, 3] }),
    before: 'Slice(ConvInputGradient(dy: dy, filter: W; shape=1,4,4,3); begin=0,1,0,0 size=1,2,3,3)',
    after: 'ConvInputGradient(dy: dy, filter: W; pads=1,0,1,1 shape=1,2,3,3)',
    nearMiss: (g) =>
      g.op(Slice, { x: gradient(g, g.x('dy', [1, 4, 4, 8]), g.c('W', [1, 1, 3, 8])) }, { begin: [0, 0, 0, 1], size: [1, 4, 4, 2] }),
  },
});
