/** Rules for gradients of activations: masks from the activation's output, and where they commute with what follows. @module */
import { Cast, Greater, GreaterEqual, LessEqual, LogicalAnd, Select } from '../operations/comparisons.js';
import { ConvInputGradient } from '../operations/convolution-gradients.js';
import { ClipByValue, Multiply, Relu, Relu6, Step } from '../operations/elementwise.js';
import { MaxPoolGrad } from '../operations/pooling.js';
import { Window } from '../operations/window.js';
import type { Graph, Node, Value } from '../graph.js';
import { call, constant, eitherWay, number, only, uniform, value } from './pattern.js';
import { type Rule, rule } from './rule.js';
import { isPerChannel, outputOf, readerOf } from './values.js';

/** relu(z) clipped from above is z clipped, which is computed with what makes z. */
const clipOfRelu = rule({
  name: 'clip of ReLU',
  law: 'clip(relu(z), a, b) = clip(z, 0, b), for a ≤ 0 ≤ b',
  pattern: call(ClipByValue, { x: call(Relu, { x: value('z') }) }, 'clip'),
  condition: ({ clip }) => !(clip.attrs.clipValueMin > 0 || clip.attrs.clipValueMax < 0),
  replacement: ({ z, clip }, graph) => graph.op(ClipByValue, { x: z }, { clipValueMin: 0, clipValueMax: clip.attrs.clipValueMax }),
});

/** The gradient of ReLU6 as tfjs has it, from y = relu6(z) alone. At z = 6 exactly tfjs has 1 and this 0: both are subgradients. */
const windowOfRelu6 = rule({
  name: 'window of ReLU6',
  law: '[z ≤ 6] · step(z) = window(relu6(z), 6)',
  pattern: eitherWay(Multiply, call(Cast, { x: call(LessEqual, { a: value('z'), b: number(6) }) }), call(Step, { x: value('z') })),
  condition: ({ z }) => readerOf(z, Relu6) !== undefined,
  replacement: ({ z }, graph) => graph.op(Window, { x: outputOf(readerOf(z, Relu6)!) }, { limit: 6 }),
});

const relu = call(Relu, { x: value('z') }, 'relu');

/** The gradient of relu(z) clipped at a limit, from the clipped value alone. At the limit itself it is 0, which is a subgradient too. */
function windowOfClip({ z, dy, limit }: { z: Value; dy: Value; limit: { uniform: number } }, graph: Graph): Value {
  const y = graph.op(ClipByValue, { x: z }, { clipValueMin: 0, clipValueMax: limit.uniform });
  return graph.op(Multiply, { a: dy, b: graph.op(Window, { x: y }, { limit: limit.uniform }) });
}

/** As the gradient of tfjs's clipping has it, which the activation of tfjs-layers uses. */
const windowOfSelectedClip = rule({
  name: 'window of clip, by selection',
  law: '(least ≤ relu(z) ≤ limit ? dy : 0) · step(relu(z)) = dy · window(clip(z, 0, limit), limit), for least ≤ 0',
  pattern: eitherWay(
    Multiply,
    call(Select, {
      condition: call(LogicalAnd, {
        a: call(GreaterEqual, { a: relu, b: uniform('least') }),
        b: call(LessEqual, { a: relu, b: uniform('limit') }),
      }),
      t: value('dy'),
      e: number(0),
    }),
    call(Step, { x: relu }),
  ),
  condition: ({ least }) => least.uniform <= 0,
  replacement: (found, graph) => windowOfClip(found, graph),
});

/** As the gradient of a minimum has it, which the layer of tfjs-layers uses. */
const windowOfMinimum = rule({
  name: 'window of clip, by minimum',
  law: 'dy · [limit > relu(z)] · step(relu(z)) = dy · window(clip(z, 0, limit), limit)',
  pattern: eitherWay(
    Multiply,
    eitherWay(Multiply, value('dy'), call(Cast, { x: call(Greater, { a: uniform('limit'), b: relu }) })),
    call(Step, { x: relu }),
  ),
  replacement: (found, graph) => windowOfClip(found, graph),
});

const isPlainStep = ({ step }: { step: Node<{ alpha?: number }> }) => !step.attrs.alpha;

/** The gradient of a maximum is zero but at the maximum, where x > 0 exactly if the maximum is: so the mask goes on the small side of the pooling. */
const maskBeforePooling = rule({
  name: 'mask before pooling',
  law: "maxpool'(dy, x) · step(x) = maxpool'(dy · step(maxpool(x)), x)",
  pattern: eitherWay(Multiply, only(call(MaxPoolGrad, { input: value('x') }, 'gradient')), call(Step, { x: value('x') }, 'step')),
  condition: (found) => isPlainStep(found),
  replacement({ gradient, step }, graph) {
    const { dy, output } = gradient.inputs;
    const small = graph.op(Multiply, { a: dy!, b: graph.again(step, { x: output! }) });
    return graph.again(gradient, { ...gradient.inputs, dy: small });
  },
});

/** g is a convolution's gradient, which takes a factor a channel into its filter. */
const factorBeforeMask = rule({
  name: 'factor before mask',
  law: "(g · mask) · c = (g · c) · mask, for g = conv'(dy, W)",
  pattern: eitherWay(
    Multiply,
    only(eitherWay(Multiply, only(call(ConvInputGradient, {}, 'gradient')), value('mask'), 'masked')),
    constant('factor'),
  ),
  condition: ({ mask, masked, factor }) => !mask.isConstant && (factor.size === 1 || isPerChannel(factor, outputOf(masked))),
  replacement: ({ gradient, mask, factor }, graph) =>
    graph.op(Multiply, { a: graph.op(Multiply, { a: outputOf(gradient), b: factor }), b: mask }),
});

/** Only its ReLU then needs z itself, and it can be computed with what makes z. */
const stepOfRelu = rule({
  name: 'step of ReLU',
  law: 'step(z) = step(relu(z))',
  pattern: call(Step, { x: value('z') }, 'step'),
  condition: ({ z, step }) => readerOf(z, Relu) !== undefined && isPlainStep({ step }),
  replacement: ({ z, step }, graph) => graph.again(step, { x: outputOf(readerOf(z, Relu)!) }),
});

export const activations: readonly Rule[] = [
  clipOfRelu,
  windowOfRelu6,
  windowOfSelectedClip,
  windowOfMinimum,
  maskBeforePooling,
  factorBeforeMask,
  stepOfRelu,
];
