/** Rules that join a convolution or matrix product with the bias, the sum and the activation after it, into what onnxruntime does in one pass. @module */
import { normalizeAxes, sameShape } from '../lowering.js';
import { madeBy, madeOnlyFor, bothOrders, isPerChannel, asVector } from './match.js';
import type { Graph, Node, Value } from '../graph.js';
import type { Activation, ConvAttributes } from '../lowerings/convolutions.js';
import type { Rule, RuleTable } from './rewrite.js';

/** A convolution that ends its pass here: nothing else reads it and no activation has been applied. */
function openConv(value: Value, graph: Graph): Node | undefined {
  const conv = madeOnlyFor(value, 'Conv', graph);
  return conv && !conv.attrs.activation ? conv : undefined;
}

const bias: Rule = (node, graph) => {
  for (const [y, vector] of bothOrders(node)) {
    const conv = openConv(y, graph);
    if (!conv || !isPerChannel(vector, y)) continue;
    const added = asVector(vector, graph);
    const total = conv.inputs.bias ? graph.op('Add', { a: conv.inputs.bias, b: added }) : added;
    return graph.op('Conv', { ...conv.inputs, bias: total }, conv.attrs);
  }
  return undefined;
};

const sum: Rule = (node, graph) => {
  for (const [y, other] of bothOrders(node)) {
    const conv = openConv(y, graph);
    if (!conv || conv.inputs.sum || other.isConstant || !sameShape(other.shape, y.shape)) continue;
    return graph.op('Conv', { ...conv.inputs, sum: other }, conv.attrs);
  }
  return undefined;
};

const matrixBias: Rule = (node, graph) => {
  for (const [y, vector] of bothOrders(node)) {
    const product = madeOnlyFor(y, 'BatchMatMul', graph);
    if (!product || y.rank !== 2 || product.inputs.a!.rank !== 2 || product.inputs.bias || vector.rank > 2 || !isPerChannel(vector, y))
      continue;
    return graph.op('BatchMatMul', { ...product.inputs, bias: vector }, product.attrs);
  }
  return undefined;
};

/** A matrix, times a number, plus a product: a Gemm accumulates in one pass, as momentum wants it. */
const accumulate: Rule = (node, graph) => {
  for (const [y, other] of bothOrders(node)) {
    const product = madeOnlyFor(y, 'BatchMatMul', graph);
    if (!product || y.rank !== 2 || product.inputs.a!.rank !== 2 || product.inputs.bias || !sameShape(other.shape, y.shape)) continue;
    const scaled = madeOnlyFor(other, 'Multiply', graph);
    const [matrix, factor] = (scaled && bothOrders(scaled).find(([, by]) => by.isConstant && by.rank === 0)) ?? [other, undefined];
    return graph.op('BatchMatMul', { ...product.inputs, bias: matrix }, { ...product.attrs, beta: factor?.data[0] ?? 1 });
  }
  return undefined;
};

function activation(make: (node: Node) => Activation): Rule {
  return (node, graph) => {
    const x = node.inputs.x!;
    const conv = openConv(x, graph) ?? openAffine(x, graph);
    return conv && graph.op(conv.kernel, conv.inputs, { ...conv.attrs, activation: make(node) } as Partial<ConvAttributes>);
  };
}

function openAffine(value: Value, graph: Graph): Node | undefined {
  const affine = madeOnlyFor(value, 'Affine', graph);
  return affine && !affine.attrs.activation ? affine : undefined;
}

/** x · scale, with one number a channel. */
const affineScale: Rule = (node, graph) => {
  for (const [x, scale] of bothOrders(node)) {
    if (x.rank === 4 && !x.isConstant && scale.size > 1 && isPerChannel(scale, x))
      return graph.op('Affine', { x, scale: asVector(scale, graph) });
  }
  return undefined;
};

/** ... + shift, with one number a channel. */
const affineShift: Rule = (node, graph) => {
  for (const [x, shift] of bothOrders(node)) {
    if (x.rank !== 4 || x.isConstant || shift.size === 1 || !isPerChannel(shift, x)) continue;
    const scaled = openAffine(x, graph);
    if (scaled && !scaled.inputs.shift && !scaled.inputs.sum)
      return graph.op('Affine', { ...scaled.inputs, shift: asVector(shift, graph) });
    return graph.op('Affine', { x, shift: asVector(shift, graph) });
  }
  return undefined;
};

const subtractVector: Rule = (node, graph) => {
  const { a, b } = node.inputs;
  if (a!.rank !== 4 || a!.isConstant || b!.size === 1 || !isPerChannel(b!, a!)) return undefined;
  return graph.op('Add', { a: a!, b: graph.op('Neg', { x: b! }) });
};

/** (x · s + t) · u + v as one pass over x. */
const composeAffine: Rule = (node, graph) => {
  const inner = madeBy(node.inputs.x, 'Affine');
  const { scale, shift } = node.inputs;
  if (!inner || inner.attrs.activation) return undefined;
  // What is added to the inner one stays as it is only where the outer one scales nothing.
  if (inner.inputs.sum && (scale || node.inputs.sum || graph.uses(node.inputs.x!) > 1)) return undefined;
  const times = (a: Value | undefined, b: Value | undefined) => (a && b ? graph.op('Multiply', { a, b }) : (a ?? b));
  const plus = (a: Value | undefined, b: Value | undefined) => (a && b ? graph.op('Add', { a, b }) : (a ?? b));
  const innerShift = inner.inputs.shift;
  const composed = { scale: times(inner.inputs.scale, scale), shift: plus(innerShift && times(innerShift, scale), shift) };
  const given = Object.entries(composed).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return graph.op('Affine', { ...inner.inputs, ...node.inputs, ...Object.fromEntries(given), x: inner.inputs.x! }, node.attrs);
};

/** The mean (or sum) of x · s + t over all pixels, from that of x. */
const reducedAffine: Rule = (node, graph) => {
  const affine = madeBy(node.inputs.x, 'Affine');
  if (!affine || affine.attrs.activation || affine.inputs.sum || normalizeAxes(node.attrs.axis, 4).join() !== '0,1,2') return undefined;
  const { x, scale, shift } = affine.inputs;
  const mean = graph.op('Mean', { x: x! }, { axis: [0, 1, 2], keepDims: false });
  const scaled = scale ? graph.op('Multiply', { a: mean, b: scale }) : mean;
  const shifted = shift ? graph.op('Add', { a: scaled, b: shift }) : scaled;
  const total = node.kernel === 'Sum' ? graph.op('Multiply', { a: shifted, b: graph.constant(x!.size / mean.size, []) }) : shifted;
  return graph.op('Reshape', { x: total }, { shape: node.outputs[0]!.shape });
};

const affineSum: Rule = (node, graph) => {
  for (const [y, other] of bothOrders(node)) {
    const affine = openAffine(y, graph);
    if (!affine || affine.inputs.sum || other.isConstant || !sameShape(other.shape, y.shape)) continue;
    return graph.op('Affine', { ...affine.inputs, sum: other }, affine.attrs);
  }
  return undefined;
};

export const fusion: RuleTable = {
  Add: [bias, matrixBias, accumulate, affineShift, sum, affineSum],
  Affine: [composeAffine],
  ClipByValue: [activation(({ attrs }) => ({ kind: 'Clip', params: [attrs.clipValueMin!, attrs.clipValueMax!] }))],
  LeakyRelu: [activation(({ attrs }) => ({ kind: 'LeakyRelu', params: [attrs.alpha!] }))],
  Mean: [reducedAffine],
  Multiply: [affineScale],
  Relu: [activation(() => ({ kind: 'Relu' }))],
  Relu6: [activation(() => ({ kind: 'Clip', params: [0, 6] }))],
  Sigmoid: [activation(() => ({ kind: 'Sigmoid' }))],
  Sub: [subtractVector],
  Sum: [reducedAffine],
  Tanh: [activation(() => ({ kind: 'Tanh' }))],
};
