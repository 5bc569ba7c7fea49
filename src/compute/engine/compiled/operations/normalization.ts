/** Softmax and normalisation. @module */
import type { tf } from '../../tensorflow.js';
import { normalizeAxes, Operation, spec } from '../operation.js';
import { Conv } from './convolutions.js';
import { Add, Multiply, Neg, Pow, RealDiv, Rsqrt, Square, Sub } from './elementwise.js';
import type { Attributes, Graph, Node, Value } from '../graph.js';

type BatchNormAttributes = { readonly varianceEpsilon?: number };

/** x · a + (offset - mean · a), with a = scale / √(variance + ε): what depends on parameters alone is folded when they are constants. */
function expandBatchNorm(node: Node<BatchNormAttributes>, graph: Graph): Value {
  const { x, mean, variance, scale, offset } = node.inputs;
  const epsilon = graph.constant(node.attrs.varianceEpsilon ?? 0.001, []);
  const deviation = graph.op(Rsqrt, { x: graph.op(Add, { a: variance!, b: epsilon }) });
  const factor = scale ? graph.op(Multiply, { a: deviation, b: scale }) : deviation;
  const moved = graph.op(Multiply, { a: mean!, b: factor });
  const shift = offset ? graph.op(Sub, { a: offset, b: moved }) : graph.op(Neg, { x: moved });
  return graph.op(Add, { a: graph.op(Multiply, { a: x!, b: factor }), b: shift });
}

/** Sum over `2 · depthRadius + 1` neighbouring channels, as a 1 × 1 convolution with a band of ones. */
function sumOfNeighbours(x: Value, depthRadius: number, graph: Graph): Value {
  const c = x.shape[3]!;
  const band = Float32Array.from({ length: c * c }, (_, i) => Number(Math.abs(Math.floor(i / c) - (i % c)) <= depthRadius));
  return graph.op(
    Conv,
    { x, filter: graph.constant(band, [1, 1, c, c]) },
    { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1 },
  );
}

type LrnAttributes = Readonly<tf.LRNAttrs>;

function lrnNorm(x: Value, { depthRadius, bias, alpha }: LrnAttributes, graph: Graph): Value {
  const sums = sumOfNeighbours(graph.op(Square, { x }), depthRadius, graph);
  return graph.op(Add, { a: graph.op(Multiply, { a: sums, b: graph.constant(alpha, []) }), b: graph.constant(bias, []) });
}

function expandLrn(node: Node<LrnAttributes>, graph: Graph): Value {
  const { attrs } = node;
  const x = node.inputs.x!;
  return graph.op(Multiply, { a: x, b: graph.op(Pow, { a: lrnNorm(x, attrs, graph), b: graph.constant(-attrs.beta, []) }) });
}

/** dx = dy · norm^-β - 2 α β x · Σ over neighbours of dy · y / norm. */
function expandLrnGradient(node: Node<LrnAttributes>, graph: Graph): Value {
  const { attrs } = node;
  const { x, y, dy } = node.inputs;
  const norm = lrnNorm(x!, attrs, graph);
  const direct = graph.op(Multiply, { a: dy!, b: graph.op(Pow, { a: norm, b: graph.constant(-attrs.beta, []) }) });
  const shared = sumOfNeighbours(graph.op(RealDiv, { a: graph.op(Multiply, { a: dy!, b: y! }), b: norm }), attrs.depthRadius, graph);
  const weighted = graph.op(Multiply, {
    a: graph.op(Multiply, { a: x!, b: shared }),
    b: graph.constant(2 * attrs.alpha * attrs.beta, []),
  });
  return graph.op(Sub, { a: direct, b: weighted });
}

/** Over one axis, the last unless given. @param axisOf it, from the attributes. */
function softmax<A extends Attributes>(name: string, axisOf: (attrs: A) => number | undefined): Operation<A> {
  return new Operation(name, {
    infer: ({ logits }) => spec(logits!.shape),
    lower: (node, e) => {
      const logits = node.inputs.logits!;
      const axis = normalizeAxes(axisOf(node.attrs) ?? -1, logits.rank)[0]!;
      e.set(node.outputs[0]!, e.op(name, [e.get(logits)], { axis }));
    },
  });
}

type LogSoftmaxAttributes = { readonly axis?: number };
type SoftmaxAttributes = { readonly dim?: number };

export const FusedBatchNorm = new Operation<BatchNormAttributes>('FusedBatchNorm', {
  infer: ({ x }) => spec(x!.shape),
  expand: expandBatchNorm,
});
export const LogSoftmax = softmax<LogSoftmaxAttributes>('LogSoftmax', ({ axis }) => axis);
export const LRN = new Operation<LrnAttributes>('LRN', { infer: ({ x }) => spec(x!.shape), expand: expandLrn });
export const LRNGrad = new Operation<LrnAttributes>('LRNGrad', { infer: ({ x }) => spec(x!.shape), expand: expandLrnGradient });
export const Softmax = softmax<SoftmaxAttributes>('Softmax', ({ dim }) => dim);
