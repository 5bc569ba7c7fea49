import { MaxPoolGrad } from '../../../src/compute/engine/compiled/operations/pooling.js';
import { pooling } from '../../../src/compute/engine/compiled/rewrites/pooling.js';
import type { Value } from '../../../src/compute/engine/compiled/graph.js';
import { type GraphBuilder, testRules } from './rules.js';

function gradient(g: GraphBuilder, filterSize: number): Value {
  const inputs = { dy: g.x('dy', [1, 2, 2, 8]), input: g.x('input', [1, 4, 4, 8]), output: g.x('output', [1, 2, 2, 8]) };
  return g.op(MaxPoolGrad, inputs, { filterSize, strides: 2, pad: 'valid' });
}

testRules(pooling, {
  'gradient of picking': {
    build: (g) => gradient(g, 1),
    before: 'MaxPoolGrad(dy: dy, input: input, output: output; filterSize=1 strides=2 pad=valid)',
    after: 'Interleave(0,0: dy; strides=2,2 shape=1,4,4,8)',
    nearMiss: (g) => gradient(g, 2),
  },
});
