/** Softmax and normalisation. @module */
import { normalizeAxes, spec, type LoweringTable } from '../lowering.js';
import type { Attributes, Graph, Inputs, Node, Value } from '../graph.js';

/** x · a + (offset - mean · a), with a = scale / √(variance + ε): what depends on parameters alone is folded when they are constants. */
function expandBatchNorm(node: Node, graph: Graph): Value {
  const { x, mean, variance, scale, offset } = node.inputs;
  const epsilon = graph.constant(node.attrs.varianceEpsilon ?? 0.001, []);
  const deviation = graph.op('Rsqrt', { x: graph.op('Add', { a: variance!, b: epsilon }) });
  const factor = scale ? graph.op('Multiply', { a: deviation, b: scale }) : deviation;
  const moved = graph.op('Multiply', { a: mean!, b: factor });
  const shift = offset ? graph.op('Sub', { a: offset, b: moved }) : graph.op('Neg', { x: moved });
  return graph.op('Add', { a: graph.op('Multiply', { a: x!, b: factor }), b: shift });
}

/** Sum over `2 · depthRadius + 1` neighbouring channels, as a 1 × 1 convolution with a band of ones. */
function sumOfNeighbours(x: Value, depthRadius: number, graph: Graph): Value {
  const c = x.shape[3]!;
  const band = Float32Array.from({ length: c * c }, (_, i) => Number(Math.abs(Math.floor(i / c) - (i % c)) <= depthRadius));
  return graph.op(
    'Conv',
    { x, filter: graph.constant(band, [1, 1, c, c]) },
    { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1 },
  );
}

interface LrnAttributes extends Attributes {
  depthRadius: number;
  bias: number;
  alpha: number;
  beta: number;
}

function lrnNorm(x: Value, { depthRadius, bias, alpha }: LrnAttributes, graph: Graph): Value {
  const sums = sumOfNeighbours(graph.op('Square', { x }), depthRadius, graph);
  return graph.op('Add', { a: graph.op('Multiply', { a: sums, b: graph.constant(alpha, []) }), b: graph.constant(bias, []) });
}

function expandLrn(node: Node, graph: Graph): Value {
  const attrs = node.attrs as LrnAttributes;
  const x = node.inputs.x!;
  return graph.op('Multiply', { a: x, b: graph.op('Pow', { a: lrnNorm(x, attrs, graph), b: graph.constant(-attrs.beta, []) }) });
}

/** dx = dy · norm^-β - 2 α β x · Σ over neighbours of dy · y / norm. */
function expandLrnGradient(node: Node, graph: Graph): Value {
  const attrs = node.attrs as LrnAttributes;
  const { x, y, dy } = node.inputs as Inputs & { x: Value; y: Value; dy: Value };
  const norm = lrnNorm(x, attrs, graph);
  const direct = graph.op('Multiply', { a: dy, b: graph.op('Pow', { a: norm, b: graph.constant(-attrs.beta, []) }) });
  const shared = sumOfNeighbours(graph.op('RealDiv', { a: graph.op('Multiply', { a: dy, b: y }), b: norm }), attrs.depthRadius, graph);
  const weighted = graph.op('Multiply', {
    a: graph.op('Multiply', { a: x, b: shared }),
    b: graph.constant(2 * attrs.alpha * attrs.beta, []),
  });
  return graph.op('Sub', { a: direct, b: weighted });
}

function softmax(op: string, axisName: 'axis' | 'dim') {
  return {
    infer: ({ logits }: Inputs) => spec(logits!.shape),
    lower: (node: Node, e: Parameters<NonNullable<LoweringTable[string]['lower']>>[1]) => {
      const logits = node.inputs.logits!;
      const axis = normalizeAxes(node.attrs[axisName] ?? -1, logits.rank)[0]!;
      e.set(node.outputs[0]!, e.op(op, [e.get(logits)], { axis }));
    },
  };
}

export const normalization: LoweringTable = {
  FusedBatchNorm: { infer: ({ x }) => spec(x!.shape), expand: expandBatchNorm },
  LogSoftmax: softmax('LogSoftmax', 'axis'),
  LRN: { infer: ({ x }) => spec(x!.shape), expand: expandLrn },
  LRNGrad: { infer: ({ x }) => spec(x!.shape), expand: expandLrnGradient },
  Softmax: softmax('Softmax', 'dim'),
};
