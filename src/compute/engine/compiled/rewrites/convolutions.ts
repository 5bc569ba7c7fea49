/** Rules that take scales and padding into convolutions, forward and backward; conv' is a convolution's gradient by its input. @module */
import { ConvInputGradient } from '../operations/convolution-gradients.js';
import { Conv, type ConvAttributes } from '../operations/convolutions.js';
import { Multiply } from '../operations/elementwise.js';
import { PadV2, Reshape, Slice, sliceOf } from '../operations/shapes.js';
import type { Graph, Value } from '../graph.js';
import { call, eitherWay, only, value } from './pattern.js';
import { type Rule, rule } from './rule.js';
import { asVector, isPerChannel, outputOf } from './values.js';

/** A filter [height, width, in, out], or a bias [out], times a factor for each output channel (its last axis), or for all. */
function scaleOutputs(filter: Value, factor: Value, graph: Graph): Value {
  return graph.op(Multiply, { a: filter, b: factor.size === 1 ? factor : asVector(factor, graph) });
}

/** A filter times a factor for each input channel; groups have their channels on the last axis. */
function scaleInputs(filter: Value, factor: Value, groups: number, graph: Graph): Value {
  if (groups > 1 || factor.size === 1) return scaleOutputs(filter, factor, graph);
  return graph.op(Multiply, { a: filter, b: graph.op(Reshape, { x: factor }, { shape: [factor.size, 1] }) });
}

/** Whether a factor may be taken into a filter at compile time. */
function absorbs(filter: Value, factor: Value, channels: Value): boolean {
  return filter.isConstant && factor.isConstant && (factor.size === 1 || isPerChannel(factor, channels));
}

function addPads(
  [top, left, bottom, right]: ConvAttributes['pads'],
  rows: readonly [number, number],
  columns: readonly [number, number],
): ConvAttributes['pads'] {
  return [top + rows[0], left + columns[0], bottom + rows[1], right + columns[1]];
}

/** A convolution pads by zeros anyway. */
const padIntoConv = rule({
  name: 'pad into convolution',
  law: 'conv(pad(x), W) = conv(x, W), padded by more',
  pattern: call(Conv, { x: call(PadV2, { x: value('x') }, 'pad') }, 'conv'),
  condition({ pad }) {
    const [batch, , , channels] = pad.attrs.paddings;
    return (pad.attrs.constantValue ?? 0) === 0 && [...batch!, ...channels!].every((n) => n === 0);
  },
  replacement({ x, pad, conv }, graph) {
    const [, rows, columns] = pad.attrs.paddings;
    return graph.again(conv, { ...conv.inputs, x }, { ...conv.attrs, pads: addPads(conv.attrs.pads, rows!, columns!) });
  },
});

/** s is over W's outputs. */
const scaleBeforeGradient = rule({
  name: 'scale before input gradient',
  law: "conv'(dy · s, W) = conv'(dy, W · s)",
  pattern: call(
    ConvInputGradient,
    { dy: eitherWay(Multiply, value('dy'), value('factor'), 'product'), filter: value('filter') },
    'gradient',
  ),
  condition: ({ dy, factor, product, filter }) => absorbs(filter, factor, outputOf(product)) && dy.rank === 4,
  replacement: ({ dy, factor, filter, gradient }, graph) => graph.again(gradient, { dy, filter: scaleOutputs(filter, factor, graph) }),
});

/** s is over W's outputs, and there is no activation yet. */
const scaleAfterConv = rule({
  name: 'scale after convolution',
  law: '(conv(x, W) + b) · s = conv(x, W · s) + b · s',
  pattern: eitherWay(Multiply, only(call(Conv, { filter: value('filter') }, 'conv')), value('factor')),
  condition: ({ filter, conv, factor }) => absorbs(filter, factor, outputOf(conv)) && !conv.inputs.sum && !conv.attrs.activation,
  replacement({ filter, conv, factor }, graph) {
    const { bias } = conv.inputs;
    const scaled = { ...conv.inputs, filter: scaleOutputs(filter, factor, graph) };
    return graph.again(conv, bias ? { ...scaled, bias: scaleOutputs(bias, factor, graph) } : scaled);
  },
});

/** s is over W's inputs. */
const scaleAfterGradient = rule({
  name: 'scale after input gradient',
  law: "conv'(dy, W) · s = conv'(dy, W · s)",
  pattern: eitherWay(Multiply, only(call(ConvInputGradient, { filter: value('filter') }, 'gradient')), value('factor')),
  condition({ filter, gradient, factor }) {
    const { groups } = gradient.attrs;
    return absorbs(filter, factor, outputOf(gradient)) && (groups === 1 || filter.shape[3] === groups);
  },
  replacement: ({ filter, gradient, factor }, graph) =>
    graph.again(gradient, { ...gradient.inputs, filter: scaleInputs(filter, factor, gradient.attrs.groups, graph) }),
});

/** The part of an input gradient that is not in the padding. */
const cropIntoGradient = rule({
  name: 'crop into input gradient',
  law: "crop(conv'(dy, W)) = conv'(dy, W), padded by more",
  pattern: call(Slice, { x: only(call(ConvInputGradient, {}, 'gradient')) }, 'slice'),
  condition({ gradient, slice }) {
    const { shape } = gradient.attrs;
    const [batch, , , channels] = outputOf(slice).shape;
    return batch === shape[0] && channels === shape[3];
  },
  replacement({ gradient, slice }, graph) {
    const { shape, pads } = gradient.attrs;
    const { begin, size } = sliceOf(outputOf(gradient), slice.attrs);
    const cut = (axis: number): [number, number] => [begin[axis]!, shape[axis]! - begin[axis]! - size[axis]!];
    return graph.again(gradient, gradient.inputs, { ...gradient.attrs, pads: addPads(pads, cut(1), cut(2)), shape: size });
  },
});

export const convolutions: readonly Rule[] = [padIntoConv, scaleBeforeGradient, scaleAfterConv, scaleAfterGradient, cropIntoGradient];
