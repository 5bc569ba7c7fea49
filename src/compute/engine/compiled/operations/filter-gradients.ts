/** Gradients of convolutions with respect to their filters, as matrix products. @module */
import { fourOf } from '../layout.js';
import { MICROSOFT, NCHWC } from '../onnx.js';
import type { ConvAttributes } from './convolutions.js';
import type { ConvGradientAttributes } from './convolution-attributes.js';
import type { Emitter } from '../emitter.js';
import type { Node, Value } from '../graph.js';

/** Up to this many input channels (images), pixels are too short to be copied one by one. */
const FEW_CHANNELS = 7;

/** dW[i, j] = Σ over batch and pixels of x moved by (i, j), transposed, times dy: a matrix product a tap. */
export function lowerFilterGradient(node: Node<ConvGradientAttributes>, e: Emitter): void {
  const { attrs } = node;
  const [, , cin] = fourOf(attrs.shape);
  if (attrs.groups > 1) lowerDepthwise(node, attrs, e);
  else if (cin <= FEW_CHANNELS) lowerByPlanes(node, attrs, e);
  else if ([...attrs.strides, ...attrs.dilations].every((by) => by === 1)) lowerByShifts(node, attrs, e);
  else lowerByTaps(node, attrs, e);
}

/**
 * With stride 1, x moves by rows and dy by columns, which takes kh + kw copies in place of kh · kw. The channels of x come first: a product
 * that has to transpose takes half as long again.
 */
function lowerByShifts(node: Node, attrs: ConvGradientAttributes, e: Emitter): void {
  const { x, dy } = node.inputs;
  const [kh, kw, cin, cout] = fourOf(attrs.shape);
  const [n, h, w] = fourOf(x!.shape);
  const [, ho, wo] = fourOf(dy!.shape);
  const [top, left] = attrs.pads;
  const parts = partsOf(n, e);
  const pixels = (n / parts) * ho * w;
  const planes = e.reshape(channelsFirst(x!, parts, e), [parts * cin, n / parts, h, w]);
  const rows = Array.from({ length: kh }, (_, i) => {
    return e.reshape(shift(planes, top - i, ho - h - top + i, e), [parts, cin, pixels]);
  });
  const columns = Array.from({ length: kw }, (_, j) => e.reshape(shiftColumns(dy!, j - left, w - wo - j + left, e), [parts, pixels, cout]));
  const groups = kh < JOINED_ROWS ? rows : [e.op('Concat', rows, { axis: 1 })];
  const taken = kh / groups.length;
  const lines = groups.map((group) => {
    const products = columns.map((column) => e.reshape(sumOfParts(e.op('MatMul', [group, column]), parts, e), [taken, 1, cin, cout]));
    return e.op('Concat', products, { axis: 1 });
  });
  e.set(node.outputs[0]!, e.op('Concat', lines, { axis: 0 }));
}

/** From this many rows of a filter on, one product with all of them is worth the copy that joins them. */
const JOINED_ROWS = 5;

/**
 * onnxruntime splits a product's rows and columns among threads, of which these have few, but not its long inner dimension; so each thread gets
 * its part of the images.
 */
function partsOf(n: number, { target }: Emitter): number {
  return target.provider === 'cpu' && n % target.threads === 0 ? target.threads : 1;
}

/** [parts, channels, images of the part, height, width] */
function channelsFirst(x: Value, parts: number, e: Emitter): string {
  const [n, h, w, c] = fourOf(x.shape);
  return e.transpose(e.reshape(e.get(x, 'nchw'), [parts, n / parts, c, h * w]), [0, 2, 1, 3]);
}

/** Adds up what each part, on axis 0, came to. */
function sumOfParts(products: string, parts: number, e: Emitter): string {
  return parts === 1 ? products : e.op('ReduceSum', [products, e.ints([0])], { keepdims: 0 });
}

/** With strides, a copy of x a tap, thinned out. */
function lowerByTaps(node: Node, attrs: ConvGradientAttributes, e: Emitter): void {
  const [, , cin, cout] = fourOf(attrs.shape);
  const [n, ho, wo] = fourOf(node.inputs.dy!.shape);
  const parts = partsOf(n, e);
  const pixels = (n / parts) * ho * wo;
  const dy = e.get(node.inputs.dy!);
  const products = tapsOf(node, attrs, e).map((tap) => {
    if (parts === 1) return e.op('Gemm', [e.reshape(tap, [pixels, cin]), e.reshape(dy, [pixels, cout])], { transA: 1 });
    const operands = [e.reshape(tap, [parts, pixels, cin]), e.reshape(dy, [parts, pixels, cout])];
    return sumOfParts(e.op('FusedMatMul', operands, { transA: 1 }, MICROSOFT), parts, e);
  });
  const lines = products.map((product) => e.reshape(product, [1, cin, cout]));
  e.set(node.outputs[0]!, e.reshape(e.op('Concat', lines, { axis: 0 }), attrs.shape));
}

/** Adds zeros before and after along axis 2 of a 4-D value; negative numbers take away. */
function shift(name: string, before: number, after: number, e: Emitter): string {
  return before === 0 && after === 0 ? name : e.op('Pad', [name, e.ints([0, 0, before, 0, 0, 0, after, 0])]);
}

/** The same for the columns of a value, channels last. */
function shiftColumns(value: Value, before: number, after: number, e: Emitter): string {
  // One block of channels lies in memory as plain does, and blocked convolutions move it on all threads; `Pad` has one.
  const byConvolution = value.shape[3] === e.block && e.layoutOf(value) === 'blocked' && (before > 0 ? before + after : after) >= 0;
  return byConvolution && before !== 0 ? shiftBlock(value, before, after, e) : shift(e.get(value), before, after, e);
}

/** By a depthwise convolution with one tap that is 1: the first where columns move back, the last where they move forward. */
function shiftBlock(value: Value, before: number, after: number, e: Emitter): string {
  const size = Math.abs(before) + 1;
  const tap = before > 0 ? 0 : size - 1;
  const data = Float32Array.from({ length: size * e.block }, (_, i) => Number(Math.floor(i / e.block) === tap));
  const pads = before > 0 ? [0, before, 0, before + after] : [0, 0, 0, after];
  const weights = e.tensor({ type: 'float32', dims: [e.block, 1, 1, size], data });
  const moved = e.op('Conv', [e.get(value, 'blocked'), weights], { kernel_shape: [1, size], pads, group: e.block }, NCHWC);
  const [n, h, w, c] = fourOf(value.shape);
  return e.reshape(moved, [n, h, w + before + after, c]);
}

/** One copy of x a tap, moved there, and with strides thinned out; pixels are on axes 1 and 2. */
function tapsOf(node: Node, attrs: ConvGradientAttributes, e: Emitter): string[] {
  return slicesOf(padPixels(e.get(node.inputs.x!), attrs.pads, 1, e), node, attrs, 1, e);
}

/** The same with pixels on axes `axis` and `axis + 1` of `padded`. */
function slicesOf(padded: string, node: Node, attrs: ConvGradientAttributes, axis: number, e: Emitter): string[] {
  const [kh, kw] = fourOf(attrs.shape);
  const [, ho, wo] = fourOf(node.inputs.dy!.shape);
  return Array.from({ length: kh * kw }, (_, t) => {
    const starts = [Math.floor(t / kw) * attrs.dilations[0], (t % kw) * attrs.dilations[1]];
    const ends = [starts[0]! + (ho - 1) * attrs.strides[0] + 1, starts[1]! + (wo - 1) * attrs.strides[1] + 1];
    return e.slice(padded, starts, ends, [axis, axis + 1], attrs.strides);
  });
}

/** Few channels: each tap of each channel is a row of one matrix, which is copied in long runs. */
function lowerByPlanes(node: Node, attrs: ConvGradientAttributes, e: Emitter): void {
  const [kh, kw, cin, cout] = fourOf(attrs.shape);
  const [n, ho, wo] = fourOf(node.inputs.dy!.shape);
  const pixels = n * ho * wo;
  const [, h, w] = fourOf(node.inputs.x!.shape);
  const planes = cin === 1 ? e.reshape(e.get(node.inputs.x!), [1, n, h, w]) : e.transpose(e.get(node.inputs.x!), [3, 0, 1, 2]);
  const taps = slicesOf(padPixels(planes, attrs.pads, 2, e), node, attrs, 2, e).map((tap) => e.reshape(tap, [cin, pixels]));
  const matrix = e.op('Concat', taps, { axis: 0 });
  e.set(node.outputs[0]!, e.reshape(e.op('Gemm', [matrix, e.reshape(e.get(node.inputs.dy!), [pixels, cout])]), [kh, kw, cin, cout]));
}

/** A sum of products a tap. */
function lowerDepthwise(node: Node, attrs: ConvGradientAttributes, e: Emitter): void {
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
