/** Gradients of convolutions with respect to their inputs and filters. @module */
import { fourOf } from '../layout.js';
import type { ConvGradientAttributes } from './convolution-attributes.js';
import { Operation, spec } from '../operation.js';
import { plainFilter } from '../filters.js';
import { convAttributes, groupedFilter, onnxConvAttributes, type Conv2DAttributes, type ConvAttributes } from './convolutions.js';
import { lowerFilterGradient } from './filter-gradients.js';
import { Transpose, Reshape } from './shapes.js';
import type { Emitter, OnnxAttributes } from '../emitter.js';
import type { Graph, Node, Value } from '../graph.js';

type InputGradientAttributes = Conv2DAttributes & { readonly inputShape: readonly number[] };

function inputGradient(name: string, depthwise: boolean): Operation<InputGradientAttributes> {
  return new Operation(name, {
    infer: (_inputs, { inputShape }) => spec(inputShape),
    expand: (node, graph) => {
      const { dy, filter } = node.inputs;
      const first = node.attrs.dataFormat === 'NCHW';
      const given = node.attrs.inputShape;
      const shape = first ? [given[0]!, given[2]!, given[3]!, given[1]!] : given;
      const { conv } = convAttributes(shape, filter!.shape, node.attrs, depthwise);
      const gradient = graph.op(
        ConvInputGradient,
        {
          dy: first ? graph.op(Transpose, { x: dy! }, { perm: [0, 2, 3, 1] }) : dy!,
          filter: depthwise ? groupedFilter(filter!, graph) : filter!,
        },
        { ...conv, shape },
      );
      return first ? graph.op(Transpose, { x: gradient }, { perm: [0, 3, 1, 2] }) : gradient;
    },
  });
}

type FilterGradientAttributes = Conv2DAttributes & { readonly filterShape: readonly number[] };

function filterGradient(name: string, depthwise: boolean): Operation<FilterGradientAttributes> {
  return new Operation(name, {
    infer: (_inputs, { filterShape }) => spec(filterShape),
    expand: (node, graph) => {
      const shape = node.attrs.filterShape;
      const first = node.attrs.dataFormat === 'NCHW';
      const toLast = (x: Value) => (first ? graph.op(Transpose, { x }, { perm: [0, 2, 3, 1] }) : x);
      const x = toLast(node.inputs.x!);
      const { conv } = convAttributes(x.shape, shape, node.attrs, depthwise);
      return expandFilterGradient(x, toLast(node.inputs.dy!), shape, conv, graph);
    },
  });
}

function expandFilterGradient(x: Value, dy: Value, shape: readonly number[], conv: ConvAttributes, graph: Graph): Value {
  if (conv.groups === 1) return graph.op(ConvFilterGradient, { x, dy }, { ...conv, shape });
  const [kh, kw, c, m] = fourOf(shape);
  const grouped = graph.op(ConvFilterGradient, { x, dy }, { ...conv, shape: [kh, kw, 1, c * m] });
  return graph.op(Reshape, { x: grouped }, { shape });
}

/** By `ConvTranspose`: for the few shapes that the optimizer does not turn into forward convolutions. */
function lowerInputGradient(node: Node<ConvGradientAttributes>, e: Emitter): void {
  const { dy, filter } = node.inputs;
  const { attrs } = node;
  const [, h, w] = fourOf(attrs.shape);
  const extra = [h, w].map((length, axis) => {
    const reached =
      (dy!.shape[axis + 1]! - 1) * attrs.strides[axis]! +
      attrs.dilations[axis]! * (filter!.shape[axis]! - 1) +
      1 -
      attrs.pads[axis]! -
      attrs.pads[axis + 2]!;
    return length - reached;
  });
  const options = { ...onnxConvAttributes(attrs, filter!), group: attrs.groups, output_padding: extra };
  const operands = [e.get(dy!, 'nchw'), plainFilter(filter!, [3, 2, 0, 1], e)] as const;
  const multiplier = attrs.groups > 1 ? filter!.shape[3]! / attrs.groups : 1;
  e.set(node.outputs[0]!, transposedConv(operands, options, multiplier, e), 'nchw');
}

/** onnxruntime's WebGPU provider (1.30) gets depthwise transposed convolutions wrong with several channels a group: there, they are added one by one. */
function transposedConv(operands: readonly [string, string], options: OnnxAttributes, multiplier: number, e: Emitter): string {
  if (multiplier === 1 || e.target.provider !== 'webgpu') return e.op('ConvTranspose', [...operands], options);
  const parts = Array.from({ length: multiplier }, (_, m) => {
    const every = (name: string, axis: number) => e.slice(name, [m], [Number.MAX_SAFE_INTEGER], [axis], [multiplier]);
    return e.op('ConvTranspose', [every(operands[0], 1), every(operands[1], 0)], options);
  });
  return parts.reduce((sum, part) => e.op('Add', [sum, part]));
}

export const Conv2DBackpropFilter = filterGradient('Conv2DBackpropFilter', false);
export const Conv2DBackpropInput = inputGradient('Conv2DBackpropInput', false);
export const DepthwiseConv2dNativeBackpropFilter = filterGradient('DepthwiseConv2dNativeBackpropFilter', true);
export const DepthwiseConv2dNativeBackpropInput = inputGradient('DepthwiseConv2dNativeBackpropInput', true);

/** Inputs: `x` and `dy`. */
export const ConvFilterGradient = new Operation<ConvGradientAttributes>('ConvFilterGradient', {
  infer: (_inputs, { shape }) => spec(shape),
  lower: lowerFilterGradient,
});

/** Inputs: `dy` and `filter`. */
export const ConvInputGradient = new Operation<ConvGradientAttributes>('ConvInputGradient', {
  infer: (_inputs, { shape }) => spec(shape),
  lower: lowerInputGradient,
});
