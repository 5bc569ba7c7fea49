/** Rules that take scales and padding into convolutions, forward and backward. @module */
import { madeBy, madeOnlyFor, bothOrders, isPerChannel, asVector } from './match.js';
import type { Graph, Node, Value } from '../graph.js';
import type { ConvAttributes } from '../lowerings/convolutions.js';
import type { ConvGradientAttributes } from '../lowerings/convolution-attributes.js';
import type { Rule, RuleTable } from './rewrite.js';

/** A filter [height, width, in, out] times a factor for each output channel (its last axis), or for all. */
function scaleOutputs(filter: Value, factor: Value, graph: Graph): Value {
  return graph.op('Multiply', { a: filter, b: factor.size === 1 ? factor : asVector(factor, graph) });
}

/** A filter times a factor for each input channel; groups have their channels on the last axis. */
function scaleInputs(filter: Value, factor: Value, groups: number, graph: Graph): Value {
  if (groups > 1 || factor.size === 1) return scaleOutputs(filter, factor, graph);
  return graph.op('Multiply', { a: filter, b: graph.op('Reshape', { x: factor }, { shape: [factor.size, 1] }) });
}

/** Whether a factor may be taken into a filter at compile time. */
function absorbs(filter: Value, factor: Value, channels: Value): boolean {
  return filter.isConstant && factor.isConstant && (factor.size === 1 || isPerChannel(factor, channels));
}

/** conv(x, W) · s = conv(x, W · s) */
const scaleAfterConv: Rule = (node, graph) => {
  for (const [y, factor] of bothOrders(node)) {
    const conv = madeOnlyFor(y, 'Conv', graph);
    if (!conv || !absorbs(conv.inputs.filter!, factor, y) || conv.inputs.sum || conv.attrs.activation) continue;
    const { bias, filter } = conv.inputs;
    const scaled = { ...conv.inputs, filter: scaleOutputs(filter!, factor, graph) };
    if (!bias) return graph.op('Conv', scaled, conv.attrs);
    return graph.op(
      'Conv',
      { ...scaled, bias: graph.op('Multiply', { a: bias, b: factor.size === 1 ? factor : asVector(factor, graph) }) },
      conv.attrs,
    );
  }
  return undefined;
};

/** conv'(dy, W) · s = conv'(dy, W · s), with s over W's inputs. */
const scaleAfterGradient: Rule = (node, graph) => {
  for (const [dx, factor] of bothOrders(node)) {
    const gradient = madeOnlyFor(dx, 'ConvInputGradient', graph);
    if (!gradient || !absorbs(gradient.inputs.filter!, factor, dx)) continue;
    const { groups } = gradient.attrs as ConvAttributes;
    if (groups > 1 && gradient.inputs.filter!.shape[3] !== groups) continue;
    return graph.op(
      'ConvInputGradient',
      { ...gradient.inputs, filter: scaleInputs(gradient.inputs.filter!, factor, groups, graph) },
      gradient.attrs,
    );
  }
  return undefined;
};

/** conv'(dy · s, W) = conv'(dy, W · s), with s over W's outputs. */
const scaleBeforeGradient: Rule = (node, graph) => {
  const product = madeBy(node.inputs.dy, 'Multiply');
  if (!product) return undefined;
  for (const [dy, factor] of bothOrders(product)) {
    if (!absorbs(node.inputs.filter!, factor, product.outputs[0]!) || dy.rank !== 4) continue;
    return graph.op('ConvInputGradient', { dy, filter: scaleOutputs(node.inputs.filter!, factor, graph) }, node.attrs);
  }
  return undefined;
};

/** conv(pad(x)) with the padding in the convolution. */
const padIntoConv: Rule = (node, graph) => {
  const pad = madeBy(node.inputs.x, 'PadV2');
  if (!pad || (pad.attrs.constantValue ?? 0) !== 0) return undefined;
  const [batch, rows, columns, channels] = pad.attrs.paddings!;
  if ([...batch!, ...channels!].some((n) => n !== 0)) return undefined;
  return graph.op('Conv', { ...node.inputs, x: pad.inputs.x! }, { ...node.attrs, pads: addPads(node, rows!, columns!) });
};

/** The part of an input gradient that is not in the padding. */
const cropIntoGradient: Rule = (node, graph) => {
  const gradient = madeOnlyFor(node.inputs.x, 'ConvInputGradient', graph);
  if (!gradient) return undefined;
  const { shape } = gradient.attrs as ConvGradientAttributes;
  const begin = node.attrs.begin!;
  const size = node.outputs[0]!.shape;
  if (size[0] !== shape[0] || size[3] !== shape[3]) return undefined;
  const cut = (axis: number): [number, number] => [begin[axis]!, shape[axis]! - begin[axis]! - size[axis]!];
  return graph.op('ConvInputGradient', gradient.inputs, { ...gradient.attrs, pads: addPads(gradient, cut(1), cut(2)), shape: size });
};

function addPads(node: Node, [top, bottom]: readonly [number, number], [left, right]: readonly [number, number]): ConvAttributes['pads'] {
  const { pads } = node.attrs as ConvAttributes;
  return [pads[0] + top, pads[1] + left, pads[2] + bottom, pads[3] + right];
}

export const convolutions: RuleTable = {
  Conv: [padIntoConv],
  ConvInputGradient: [scaleBeforeGradient],
  Multiply: [scaleAfterConv, scaleAfterGradient],
  Slice: [cropIntoGradient],
};
