/** Convolutions. All forms of tfjs become one kernel, `Conv`, with explicit padding. @module */
import { tf } from '../../tensorflow.js';
import { Operation, spec } from '../operation.js';
import { blockedFilter, plainFilter } from '../filters.js';
import { Reshape, Transpose } from './shapes.js';
import { NCHWC } from '../onnx.js';
import { fourOf, roundUp } from '../layout.js';
import type { Emitter, OnnxAttributes } from '../emitter.js';
import type { Graph, Inputs, Node, Spec, Value } from '../graph.js';

/** Attributes of `Conv` and of its gradients. Its inputs: `x`, `filter` [height, width, in / groups, out], optional `bias` [out] and `sum`, which is added. */
export type ConvAttributes = {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly groups: number;
  /** Applied last, in the same pass. */
  readonly activation?: Activation;
};

/** Attributes of a convolution as tfjs has them. */
export type Conv2DAttributes = Omit<Readonly<tf.Conv2DAttrs>, 'dataFormat' | 'dilations'> & {
  /** Depthwise convolutions and gradients leave it out; null in depthwise convolutions of tfjs-layers. */
  readonly dilations?: tf.Conv2DAttrs['dilations'] | null;
  readonly dataFormat?: tf.Conv2DAttrs['dataFormat'];
};

export interface Activation {
  readonly kind: 'Relu' | 'LeakyRelu' | 'Clip' | 'Sigmoid' | 'Tanh' | 'HardSigmoid';
  readonly params?: readonly number[];
}

/** tfjs's attributes in explicit form. */
export function convAttributes(xShape: readonly number[], filterShape: readonly number[], attrs: Conv2DAttributes, depthwise: boolean) {
  const { strides, pad, dilations, dimRoundingMode } = attrs;
  const info = tf.backend_util.computeConv2DInfo(
    fourOf(xShape),
    fourOf(filterShape),
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  const { top, left, bottom, right } = info.padInfo;
  const conv: ConvAttributes = {
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
    groups: depthwise ? info.inChannels : 1,
  };
  return { conv, outShape: info.outShape };
}

/** A depthwise filter [height, width, in, multiplier] as a grouped one, [height, width, 1, in · multiplier]. */
export function groupedFilter(filter: Value, graph: Graph): Value {
  const [kh, kw, c, m] = fourOf(filter.shape);
  return graph.op(Reshape, { x: filter }, { shape: [kh, kw, 1, c * m] });
}

const isChannelsFirst = ({ dataFormat }: Conv2DAttributes) => dataFormat === 'NCHW';
const TO_LAST = [0, 2, 3, 1];
const TO_FIRST = [0, 3, 1, 2];
const permuted = (shape: readonly number[], perm: readonly number[]) => perm.map((axis) => shape[axis]!);

function inferConv2D({ x, filter }: Inputs, attrs: Conv2DAttributes, depthwise: boolean): Spec {
  const first = isChannelsFirst(attrs);
  const { outShape } = convAttributes(first ? permuted(x!.shape, TO_LAST) : x!.shape, filter!.shape, attrs, depthwise);
  return spec(first ? permuted(outShape, TO_FIRST) : outShape);
}

function expandConv2D(node: Node<Conv2DAttributes>, graph: Graph, depthwise: boolean): Value {
  const first = isChannelsFirst(node.attrs);
  const x = first ? graph.op(Transpose, { x: node.inputs.x! }, { perm: TO_LAST }) : node.inputs.x!;
  const filter = node.inputs.filter!;
  const { conv } = convAttributes(x.shape, filter.shape, node.attrs, depthwise);
  const y = graph.op(Conv, { x, filter: depthwise ? groupedFilter(filter, graph) : filter }, conv);
  return first ? graph.op(Transpose, { x: y }, { perm: TO_FIRST }) : y;
}

function inferConv({ x, filter }: Inputs, { strides, dilations, pads }: ConvAttributes): Spec {
  const [n, h, w] = fourOf(x!.shape);
  const [kh, kw, , out] = fourOf(filter!.shape);
  const size = (length: number, k: number, axis: 0 | 1) =>
    Math.floor((length + pads[axis] + pads[axis + 2]! - dilations[axis] * (k - 1) - 1) / strides[axis]) + 1;
  return spec([n, size(h, kh, 0), size(w, kw, 1), out]);
}

/** Whether `Conv` runs on onnxruntime's blocked kernels: dense with whole blocks out, or depthwise. */
export function runsBlocked(node: Node<ConvAttributes>, e: Emitter): boolean {
  const { groups } = node.attrs;
  const output = node.outputs[0]!;
  const channels = node.inputs.x!.shape[3]!;
  if (!e.isBlockable(output.shape)) return false;
  if (groups === 1) return channels < e.block || e.isBlockable(node.inputs.x!.shape);
  return groups === channels && output.shape[3] === channels;
}

function lowerConv(node: Node<ConvAttributes>, e: Emitter): void {
  if (runsBlocked(node, e)) lowerBlocked(node, e);
  else lowerPlain(node, e);
}

function lowerBlocked(node: Node<ConvAttributes>, e: Emitter): void {
  const { x, filter, bias, sum } = node.inputs;
  const { activation, ...conv } = node.attrs;
  const output = node.outputs[0]!;
  const channels = x!.shape[3]!;
  const depthwise = conv.groups > 1;
  const direct = !depthwise && channels < e.block;
  const inputs = [
    e.get(x!, direct ? 'nchw' : 'blocked'),
    blockedFilter(filter!, direct || depthwise, e),
    bias ? paddedVector(bias, e) : '',
    sum ? e.get(sum, 'blocked') : '',
  ];
  while (inputs[inputs.length - 1] === '') inputs.pop();
  const attrs = { ...onnxConvAttributes(conv, filter!), group: depthwise ? roundUp(channels, e.block) : 1, ...onnxActivation(activation) };
  e.set(output, e.op('Conv', inputs, attrs, NCHWC), 'blocked');
}

export function onnxActivation(activation: Activation | undefined): OnnxAttributes {
  if (!activation) return {};
  return { activation: activation.kind, ...(activation.params && { activation_params: { floats: activation.params } }) };
}

/** A vector of one number a channel, with zeros for the channels that fill the last block. */
export function paddedVector(vector: Value, e: Emitter): string {
  const n = vector.size;
  const padded = roundUp(n, e.block);
  if (vector.isConstant) {
    const data = new Float32Array(padded);
    data.set(vector.data);
    return e.tensor({ type: 'float32', dims: [padded], data });
  }
  return padded === n ? e.get(vector) : e.op('Pad', [e.get(vector), e.ints([0, padded - n])]);
}

function lowerPlain(node: Node<ConvAttributes>, e: Emitter): void {
  const { x, filter, bias, sum } = node.inputs;
  const { activation, ...conv } = node.attrs;
  const operands = [e.get(x!, 'nchw'), plainFilter(filter!, [3, 2, 0, 1], e), ...(bias ? [e.get(bias)] : [])];
  let y = e.op('Conv', operands, { ...onnxConvAttributes(conv, filter!), group: conv.groups });
  if (sum) y = e.op('Add', [y, e.get(sum, 'nchw')]);
  if (activation) y = emitActivation(y, activation, e);
  e.set(node.outputs[0]!, y, 'nchw');
}

/** An activation as an operator of its own, which onnxruntime fuses where it can. */
export function emitActivation(y: string, { kind, params = [] }: Activation, e: Emitter): string {
  if (kind === 'Clip') return e.op('Clip', [y, ...params.map((v) => e.scalar(v))]);
  if (kind === 'LeakyRelu') return e.op(kind, [y], { alpha: { float: params[0]! } });
  if (kind === 'HardSigmoid') return e.op(kind, [y], { alpha: { float: params[0]! }, beta: { float: params[1]! } });
  return e.op(kind, [y]);
}

export function onnxConvAttributes({ strides, dilations, pads }: ConvAttributes, filter: Value): OnnxAttributes {
  return { kernel_shape: filter.shape.slice(0, 2), strides, dilations, pads };
}

export const Conv = new Operation<ConvAttributes>('Conv', { infer: inferConv, lower: lowerConv });

export const Conv2D = new Operation<Conv2DAttributes>('Conv2D', {
  infer: (inputs, attrs) => inferConv2D(inputs, attrs, false),
  expand: (node, graph) => expandConv2D(node, graph, false),
});

export const DepthwiseConv2dNative = new Operation<Conv2DAttributes>('DepthwiseConv2dNative', {
  infer: (inputs, attrs) => inferConv2D(inputs, attrs, true),
  expand: (node, graph) => expandConv2D(node, graph, true),
});
