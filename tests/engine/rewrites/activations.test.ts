import { Cast, Greater, GreaterEqual, LessEqual, LogicalAnd, Select } from '../../../src/compute/engine/compiled/operations/comparisons.js';
import { ConvInputGradient } from '../../../src/compute/engine/compiled/operations/convolution-gradients.js';
import { Add, ClipByValue, Multiply, Relu, Relu6, Step } from '../../../src/compute/engine/compiled/operations/elementwise.js';
import { MaxPool, MaxPoolGrad } from '../../../src/compute/engine/compiled/operations/pooling.js';
import { activations } from '../../../src/compute/engine/compiled/rewrites/activations.js';
import type { Value } from '../../../src/compute/engine/compiled/graph.js';
import { type GraphBuilder, testRules } from './rules.js';

const WINDOW = { filterSize: 2, strides: 2, pad: 'valid' } as const;

/** [z ≤ limit] · step(z), with relu6(z) beside it. */
function gradientOfRelu6(g: GraphBuilder, limit: number): Value {
  const z = g.x('z', [3]);
  const mask = g.op(Cast, { x: g.op(LessEqual, { a: z, b: g.constant(limit, []) }) }, { dtype: 'float32' });
  const window = g.op(Multiply, { a: mask, b: g.op(Step, { x: z }, { alpha: 0 }) });
  return g.op(Add, { a: g.op(Relu6, { x: z }), b: window });
}

/** The gradient of relu(z) clipped to [least, 6]. */
function gradientOfClip(g: GraphBuilder, least: number): Value {
  const relu = g.op(Relu, { x: g.x('z', [3]) });
  const inside = g.op(LogicalAnd, {
    a: g.op(GreaterEqual, { a: relu, b: g.constant(least, []) }),
    b: g.op(LessEqual, { a: relu, b: g.constant(6, []) }),
  });
  const selected = g.op(Select, { condition: inside, t: g.x('dy', [3]), e: g.constant(0, [3]) });
  return g.op(Multiply, { a: selected, b: g.op(Step, { x: relu }, { alpha: 0 }) });
}

/** The gradient of min(relu(z), limit). */
function gradientOfMinimum(g: GraphBuilder, limit: Value): Value {
  const relu = g.op(Relu, { x: g.x('z', [3]) });
  const below = g.op(Cast, { x: g.op(Greater, { a: limit, b: relu }) }, { dtype: 'float32' });
  return g.op(Multiply, { a: g.op(Multiply, { a: g.x('dy', [3]), b: below }), b: g.op(Step, { x: relu }, { alpha: 0 }) });
}

/** maxpool'(dy, x) · step(masked). */
function maskedPooling(g: GraphBuilder, maskOf: (x: Value) => Value): Value {
  const x = g.x('x', [1, 4, 4, 8]);
  const gradient = g.op(MaxPoolGrad, { dy: g.x('dy', [1, 2, 2, 8]), input: x, output: g.op(MaxPool, { x }, WINDOW) }, WINDOW);
  return g.op(Multiply, { a: gradient, b: g.op(Step, { x: maskOf(x) }, { alpha: 0 }) });
}

/** (g · mask) · factor with the gradient g of a convolution. */
function maskedGradient(g: GraphBuilder, factor: Value): Value {
  const gradient = g.op(
    ConvInputGradient,
    { dy: g.x('dy', [1, 4, 4, 8]), filter: g.c('W', [1, 1, 4, 8]) },
    { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1, shape: [1, 4, 4, 4] },
  );
  return g.op(Multiply, { a: g.op(Multiply, { a: gradient, b: g.x('mask', [1, 4, 4, 4]) }), b: factor });
}

testRules(activations, {
  'clip of ReLU': {
    build: (g) => g.op(ClipByValue, { x: g.op(Relu, { x: g.x('z', [3]) }) }, { clipValueMin: -1, clipValueMax: 6 }),
    before: 'ClipByValue(Relu(z); clipValueMin=-1 clipValueMax=6)',
    after: 'ClipByValue(z; clipValueMin=0 clipValueMax=6)',
    nearMiss: (g) => g.op(ClipByValue, { x: g.op(Relu, { x: g.x('z', [3]) }) }, { clipValueMin: 1, clipValueMax: 6 }),
  },
  'window of ReLU6': {
    build: (g) => gradientOfRelu6(g, 6),
    before: 'Add(Relu6(z), Multiply(Cast(LessEqual(z, 6); dtype=float32), Step(z)))',
    after: 'Add(Relu6(z), Window(Relu6(z); limit=6))',
    nearMiss: (g) => gradientOfRelu6(g, 5),
  },
  'window of clip, by selection': {
    build: (g) => gradientOfClip(g, 0),
    before: 'Multiply(Select(condition: LogicalAnd(GreaterEqual(Relu(z), 0), LessEqual(Relu(z), 6)), t: dy, e: 0[3]), Step(Relu(z)))',
    after: 'Multiply(dy, Window(ClipByValue(z; clipValueMin=0 clipValueMax=6); limit=6))',
    // Between 0 and 1 the clipped value is 1, and its gradient 0.
    nearMiss: (g) => gradientOfClip(g, 1),
  },
  'window of clip, by minimum': {
    build: (g) => gradientOfMinimum(g, g.constant(6, [])),
    before: 'Multiply(Multiply(dy, Cast(Greater(6, Relu(z)); dtype=float32)), Step(Relu(z)))',
    after: 'Multiply(dy, Window(ClipByValue(z; clipValueMin=0 clipValueMax=6); limit=6))',
    nearMiss: (g) => gradientOfMinimum(g, g.x('limit', [])),
  },
  'mask before pooling': {
    build: (g) => maskedPooling(g, (x) => x),
    before:
      'Multiply(MaxPoolGrad(dy: dy, input: x, output: MaxPool(x; filterSize=2 strides=2 pad=valid); filterSize=2 strides=2 pad=valid), Step(x))',
    after:
      'MaxPoolGrad(dy: Multiply(dy, Step(MaxPool(x; filterSize=2 strides=2 pad=valid))), input: x, output: MaxPool(x; filterSize=2 strides=2 pad=valid); filterSize=2 strides=2 pad=valid)',
    // Another value's mask.
    nearMiss: (g) => maskedPooling(g, () => g.x('y', [1, 4, 4, 8])),
  },
  'factor before mask': {
    build: (g) => maskedGradient(g, g.c('s', [4])),
    before: 'Multiply(Multiply(ConvInputGradient(dy: dy, filter: W; shape=1,4,4,4), mask), s)',
    after: 'Multiply(Multiply(ConvInputGradient(dy: dy, filter: W; shape=1,4,4,4), s), mask)',
    nearMiss: (g) => maskedGradient(g, g.c('s', [4, 1])),
  },
  'step of ReLU': {
    build: (g) => {
      const z = g.x('z', [3]);
      return g.op(Add, { a: g.op(Relu, { x: z }), b: g.op(Step, { x: z }, { alpha: 0 }) });
    },
    before: 'Add(Relu(z), Step(z))',
    after: 'Add(Relu(z), Step(Relu(z)))',
    // Nothing else computes the ReLU.
    nearMiss: (g) => g.op(Step, { x: g.x('z', [3]) }, { alpha: 0 }),
  },
});
