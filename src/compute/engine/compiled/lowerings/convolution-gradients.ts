/** Gradients of convolutions with respect to their inputs and filters. @module */
import { spec, type Lowering, type LoweringTable } from '../lowering.js';
import { MICROSOFT, NCHWC } from '../onnx.js';
import { plainFilter } from '../filters.js';
import { convAttributes, groupedFilter, onnxConvAttributes, type ConvAttributes } from './convolutions.js';
import { interleave } from './interleave.js';
import type { Emitter, OnnxAttributes } from '../emitter.js';
import type { Attributes, Graph, Node, Value } from '../graph.js';

/** Attributes of `ConvInputGradient` (inputs `dy`, `filter`) and `ConvFilterGradient` (inputs `x`, `dy`): those of the convolution, and the result's shape. */
export interface ConvGradientAttributes extends ConvAttributes {
  readonly shape: readonly number[];
}

function inputGradient(depthwise: boolean): Lowering {
  return {
    infer: (_inputs, { inputShape }) => spec(inputShape as number[]),
    expand: (node, graph) => {
      const { dy, filter } = node.inputs;
      const first = node.attrs.dataFormat === 'NCHW';
      const given = node.attrs.inputShape as number[];
      const shape = first ? [given[0]!, given[2]!, given[3]!, given[1]!] : given;
      const { conv } = convAttributes(shape, filter!.shape, node.attrs, depthwise);
      const gradient = graph.op(
        'ConvInputGradient',
        {
          dy: first ? graph.op('Transpose', { x: dy! }, { perm: [0, 2, 3, 1] }) : dy!,
          filter: depthwise ? groupedFilter(filter!, graph) : filter!,
        },
        { ...conv, shape },
      );
      return first ? graph.op('Transpose', { x: gradient }, { perm: [0, 3, 1, 2] }) : gradient;
    },
  };
}

function filterGradient(depthwise: boolean): Lowering {
  return {
    infer: (_inputs, { filterShape }) => spec(filterShape as number[]),
    expand: (node, graph) => {
      const shape = node.attrs.filterShape as number[];
      const first = node.attrs.dataFormat === 'NCHW';
      const toLast = (x: Value) => (first ? graph.op('Transpose', { x }, { perm: [0, 2, 3, 1] }) : x);
      const x = toLast(node.inputs.x!);
      const { conv } = convAttributes(x.shape, shape, node.attrs, depthwise);
      return expandFilterGradient(x, toLast(node.inputs.dy!), shape, conv, graph);
    },
  };
}

function expandFilterGradient(x: Value, dy: Value, shape: readonly number[], conv: ConvAttributes, graph: Graph): Value {
  if (conv.groups === 1) return graph.op('ConvFilterGradient', { x, dy }, { ...conv, shape });
  const [kh, kw, c, m] = shape as [number, number, number, number];
  const grouped = graph.op('ConvFilterGradient', { x, dy }, { ...conv, shape: [kh, kw, 1, c * m] });
  return graph.op('Reshape', { x: grouped }, { shape });
}

/** By `ConvTranspose`: for the few shapes that the optimizer does not turn into forward convolutions. */
function lowerInputGradient(node: Node, e: Emitter): void {
  const { dy, filter } = node.inputs;
  const attrs = node.attrs as unknown as ConvGradientAttributes;
  const [, h, w] = attrs.shape as [number, number, number];
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

/** Up to this many input channels (images), pixels are too short to be copied one by one. */
const FEW_CHANNELS = 7;

/** dW[i, j] = Σ over batch and pixels of x moved by (i, j), transposed, times dy: a matrix product a tap. */
function lowerFilterGradient(node: Node, e: Emitter): void {
  const attrs = node.attrs as unknown as ConvGradientAttributes;
  const [, , cin] = attrs.shape as [number, number, number];
  if (attrs.groups > 1) lowerDepthwiseFilterGradient(node, attrs, e);
  else if (cin <= FEW_CHANNELS) lowerByPlanes(node, attrs, e);
  else lowerByTaps(node, attrs, e);
}

function lowerByTaps(node: Node, attrs: ConvGradientAttributes, e: Emitter): void {
  const [, , cin, cout] = attrs.shape as [number, number, number, number];
  const products = pairsOf(node, attrs, e).map((pair) => e.reshape(productOf(pair, cin, cout, e), [1, cin, cout]));
  e.set(node.outputs[0]!, e.reshape(e.op('Concat', products, { axis: 0 }), attrs.shape));
}

/**
 * xᵀ · dy, [cin, cout]. onnxruntime splits a product's rows and columns among threads, of which this has few, but not its long inner dimension;
 * so each thread gets a product over its share of the pixels.
 */
function productOf({ x, dy, pixels }: Pair, cin: number, cout: number, e: Emitter): string {
  const { threads, provider } = e.target;
  if (threads === 1 || provider !== 'cpu' || pixels % threads !== 0) {
    return e.op('Gemm', [e.reshape(x, [pixels, cin]), e.reshape(dy, [pixels, cout])], { transA: 1 });
  }
  const share = pixels / threads;
  const parts = e.op('FusedMatMul', [e.reshape(x, [threads, share, cin]), e.reshape(dy, [threads, share, cout])], { transA: 1 }, MICROSOFT);
  return e.op('ReduceSum', [parts, e.ints([0])], { keepdims: 0 });
}

/** For each tap, what is multiplied over that many pixels. */
interface Pair {
  readonly x: string;
  readonly dy: string;
  readonly pixels: number;
}

/** With stride 1, x moves by columns and dy by rows, which takes kw + kh copies in place of kh · kw. */
function pairsOf(node: Node, attrs: ConvGradientAttributes, e: Emitter): Pair[] {
  const { x, dy } = node.inputs;
  const [kh, kw] = attrs.shape as [number, number];
  const [n, h, w] = x!.shape as [number, number, number];
  const [, ho, wo] = dy!.shape as [number, number, number];
  if ([...attrs.strides, ...attrs.dilations].some((by) => by !== 1)) {
    return tapsOf(node, attrs, e).map((tap) => ({ x: tap, dy: e.get(dy!), pixels: n * ho * wo }));
  }
  const [top, left] = attrs.pads;
  const columns = Array.from({ length: kw }, (_, j) => shift(x!, 2, left - j, wo - w - left + j, e));
  const rows = Array.from({ length: kh }, (_, i) => shift(dy!, 1, i - top, h - ho - i + top, e));
  return rows.flatMap((row) => columns.map((column) => ({ x: column, dy: row, pixels: n * h * wo })));
}

/** Adds zeros before and after along axis 1 or 2 of a 4-D value; negative numbers take away. */
function shift(value: Value, axis: 1 | 2, before: number, after: number, e: Emitter): string {
  if (before === 0 && after === 0) return e.get(value);
  // One block of channels lies in memory as plain does, and blocked convolutions move it on all threads; `Pad` has one.
  if (value.shape[3] === e.block && e.layoutOf(value) === 'blocked' && (before > 0 ? before + after : after) >= 0)
    return shiftBlocks(value, axis, before, after, e);
  const pads = Array.from({ length: 8 }, (_, i) => (i === axis ? before : i === axis + 4 ? after : 0));
  return e.op('Pad', [e.get(value), e.ints(pads)]);
}

/** The same by a depthwise convolution with one tap that is 1: the first where the value moves back, the last where it moves forward. */
function shiftBlocks(value: Value, axis: 1 | 2, before: number, after: number, e: Emitter): string {
  const size = Math.abs(before) + 1;
  const tap = before > 0 ? 0 : size - 1;
  const data = Float32Array.from({ length: size * e.block }, (_, i) => Number(Math.floor(i / e.block) === tap));
  const kernel = axis === 1 ? [size, 1] : [1, size];
  const margins = before > 0 ? [before, before + after] : [0, after];
  const pads = axis === 1 ? [margins[0]!, 0, margins[1]!, 0] : [0, margins[0]!, 0, margins[1]!];
  const weights = e.tensor({ type: 'float32', dims: [e.block, 1, ...kernel], data });
  const moved = e.op('Conv', [e.get(value, 'blocked'), weights], { kernel_shape: kernel, pads, group: e.block }, NCHWC);
  return e.reshape(
    moved,
    value.shape.map((n, i) => (i === axis ? n + before + after : n)),
  );
}

/** One copy of x a tap, moved there, and with strides thinned out; pixels are on axes 1 and 2. */
function tapsOf(node: Node, attrs: ConvGradientAttributes, e: Emitter): string[] {
  return slicesOf(padPixels(e.get(node.inputs.x!), attrs.pads, 1, e), node, attrs, 1, e);
}

/** The same with pixels on axes `axis` and `axis + 1` of `padded`. */
function slicesOf(padded: string, node: Node, attrs: ConvGradientAttributes, axis: number, e: Emitter): string[] {
  const [kh, kw] = attrs.shape as [number, number];
  const [, ho, wo] = node.inputs.dy!.shape as [number, number, number];
  return Array.from({ length: kh * kw }, (_, t) => {
    const starts = [Math.floor(t / kw) * attrs.dilations[0], (t % kw) * attrs.dilations[1]];
    const ends = [starts[0]! + (ho - 1) * attrs.strides[0] + 1, starts[1]! + (wo - 1) * attrs.strides[1] + 1];
    return e.slice(padded, starts, ends, [axis, axis + 1], attrs.strides);
  });
}

/** Few channels: each tap of each channel is a row of one matrix, which is copied in long runs. */
function lowerByPlanes(node: Node, attrs: ConvGradientAttributes, e: Emitter): void {
  const [kh, kw, cin, cout] = attrs.shape as [number, number, number, number];
  const [n, ho, wo] = node.inputs.dy!.shape as [number, number, number];
  const pixels = n * ho * wo;
  const [, h, w] = node.inputs.x!.shape as [number, number, number];
  const planes = cin === 1 ? e.reshape(e.get(node.inputs.x!), [1, n, h, w]) : e.transpose(e.get(node.inputs.x!), [3, 0, 1, 2]);
  const taps = slicesOf(padPixels(planes, attrs.pads, 2, e), node, attrs, 2, e).map((tap) => e.reshape(tap, [cin, pixels]));
  const matrix = e.op('Concat', taps, { axis: 0 });
  e.set(node.outputs[0]!, e.reshape(e.op('Gemm', [matrix, e.reshape(e.get(node.inputs.dy!), [pixels, cout])]), [kh, kw, cin, cout]));
}

/** A sum of products a tap. */
function lowerDepthwiseFilterGradient(node: Node, attrs: ConvGradientAttributes, e: Emitter): void {
  const { x, dy } = node.inputs;
  const cout = attrs.shape[3]!;
  const multiplier = cout / attrs.groups;
  const sums = tapsOf(node, attrs, e).map((tap) => {
    const product =
      multiplier === 1 ? e.op('Mul', [tap, e.get(dy!)]) : groupProduct(e, tap, e.get(dy!), x!.shape[3]!, multiplier, dy!.shape);
    return e.reshape(e.op('ReduceSum', [product, e.ints([0, 1, 2])], { keepdims: 0 }), [1, cout]);
  });
  e.set(node.outputs[0]!, e.reshape(e.op('Concat', sums, { axis: 0 }), attrs.shape));
}

/** Each input channel times its `multiplier` output channels. */
function groupProduct(e: Emitter, tap: string, dy: string, channels: number, multiplier: number, [n, ho, wo]: readonly number[]): string {
  const wide = e.op('Mul', [e.reshape(tap, [n!, ho!, wo!, channels, 1]), e.reshape(dy, [n!, ho!, wo!, channels, multiplier])]);
  return e.reshape(wide, [n!, ho!, wo!, channels * multiplier]);
}

function padPixels(name: string, [top, left, bottom, right]: ConvAttributes['pads'], axis: 1 | 2, e: Emitter): string {
  if (top + left + bottom + right === 0) return name;
  return e.op('Pad', [name, e.ints(axis === 1 ? [0, top, left, 0, 0, bottom, right, 0] : [0, 0, top, left, 0, 0, bottom, right])]);
}

export const convolutionGradients: LoweringTable = {
  Conv2DBackpropFilter: filterGradient(false),
  Conv2DBackpropInput: inputGradient(false),
  ConvFilterGradient: { infer: (_inputs, { shape }: Attributes) => spec(shape as number[]), lower: lowerFilterGradient },
  ConvInputGradient: { infer: (_inputs, { shape }: Attributes) => spec(shape as number[]), lower: lowerInputGradient },
  DepthwiseConv2dNativeBackpropFilter: filterGradient(true),
  DepthwiseConv2dNativeBackpropInput: inputGradient(true),
  Interleave: interleave,
};
