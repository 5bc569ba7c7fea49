import { ConvInputGradient } from '../../../src/compute/engine/compiled/operations/convolution-gradients.js';
import { inputGradients } from '../../../src/compute/engine/compiled/rewrites/input-gradients.js';
import type { Value } from '../../../src/compute/engine/compiled/graph.js';
import { type GraphBuilder, testRules } from './rules.js';

/** Of a 3 × 3 convolution of an image 4 × 4, padded by 1 as needed. */
function gradient(g: GraphBuilder, stride: 1 | 2, channels: number): Value {
  const side = 4 / stride;
  return g.op(
    ConvInputGradient,
    { dy: g.x('dy', [1, side, side, 8]), filter: g.x('W', [3, 3, channels, 8]) },
    {
      strides: [stride, stride],
      dilations: [1, 1],
      pads: stride === 1 ? [1, 1, 1, 1] : [0, 0, 1, 1],
      groups: 1,
      shape: [1, 4, 4, channels],
    },
  );
}

const turned = (filter: string) => `Transpose(Reverse(${filter}; dims=0,1); perm=0,1,3,2)`;
const taps = (row: number, column: number) => turned(`StridedSlice(W; begin=${row},${column},0,0 end=3,3,8,8 strides=2,2,1,1)`);

testRules(inputGradients, {
  'input gradient as convolution': {
    build: (g) => gradient(g, 1, 8),
    before: 'ConvInputGradient(dy: dy, filter: W; pads=1,1,1,1 shape=1,4,4,8)',
    after: `Conv(dy, filter: ${turned('W')}; pads=1,1,1,1)`,
    // An image's gradient.
    nearMiss: (g) => gradient(g, 1, 3),
  },
  'input gradient as interleaved convolutions': {
    build: (g) => gradient(g, 2, 8),
    before: 'ConvInputGradient(dy: dy, filter: W; strides=2,2 pads=0,0,1,1 shape=1,4,4,8)',
    after: `Interleave(${[
      `0,0: Conv(dy, filter: ${taps(0, 0)}; pads=1,1,0,0)`,
      `0,1: Conv(dy, filter: ${taps(0, 1)}; pads=1,0,0,0)`,
      `1,0: Conv(dy, filter: ${taps(1, 0)}; pads=0,1,0,0)`,
      `1,1: Conv(dy, filter: ${taps(1, 1)})`,
    ].join(', ')}; strides=2,2 shape=1,4,4,8)`,
    // Channels do not fill a block.
    nearMiss: (g) => gradient(g, 2, 4),
  },
});
