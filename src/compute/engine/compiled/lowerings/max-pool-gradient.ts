/** The gradient of maximum pooling: all of it goes to the first of a window's largest elements, in the order of rows and columns. @module */
import { sizeOf } from '../../host.js';
import { NCHWC } from '../onnx.js';
import { onnxWindow, windowOf, type Window } from './pooling.js';
import type { Emitter } from '../emitter.js';
import type { Node } from '../graph.js';

export function lowerMaxPoolGradient(node: Node, e: Emitter): void {
  const input = node.inputs.input!;
  const window = windowOf(input.shape, node.attrs);
  if (isHalving(window, input.shape)) lowerHalving(node, e);
  else lowerByIndices(node, window, e);
}

/** 2 × 2 windows side by side that cover the image. */
function isHalving({ size, strides, pads }: Window, [, h, w]: readonly number[]): boolean {
  return [...size, ...strides].every((n) => n === 2) && pads.every((n) => n === 0) && h! % 2 === 0 && w! % 2 === 0;
}

/**
 * Two rounds of "the first, unless the second is larger", over rows of maxima and then within rows. onnxruntime's `MaxPool` with indices is
 * scalar code, many times slower than this.
 */
function lowerHalving(node: Node, e: Emitter): void {
  const { dy, input } = node.inputs;
  const [n, h, w, c] = input!.shape as [number, number, number, number];
  const blocked = e.isBlockable(input!.shape) && e.layoutOf(input!) === 'blocked';
  const layout = blocked ? 'blocked' : 'plain';
  const run = blocked ? e.block : c;
  const images = (blocked ? Math.ceil(c / run) : 1) * n;
  const x = e.get(input!, layout);

  const pairs = e.reshape(x, [(images * h * w) / 2, 2, run]);
  const [left, right] = halves(pairs, e);
  const maxima = blocked ? e.op('MaxPool', [x], { kernel_shape: [1, 2], strides: [1, 2] }, NCHWC) : e.op('Max', [left, right]);
  const [upper, lower] = halves(e.reshape(maxima, [(images * h) / 2, 2, (w / 2) * run]), e);

  const pooled = e.reshape(e.get(dy!, layout), [(images * h) / 2, 1, (w / 2) * run]);
  const rows = e.reshape(share(pooled, upper, lower, e), [(images * h * w) / 2, 1, run]);
  const pixels = share(rows, left, right, e);
  e.set(node.outputs[0]!, e.reshape(pixels, blocked ? [n, (images / n) * run, h, w] : input!.shape), layout);
}

/** The two entries of axis 1. */
function halves(name: string, e: Emitter): [string, string] {
  return [e.slice(name, [0], [1], [1], [1]), e.slice(name, [1], [2], [1], [1])];
}

/** The gradient to whichever is larger, to `first` on a tie, side by side on axis 1. */
function share(gradient: string, first: string, second: string, e: Emitter): string {
  const toFirst = e.op('Mul', [gradient, e.cast(e.op('GreaterOrEqual', [first, second]), 'float32')]);
  return e.op('Concat', [toFirst, e.op('Sub', [gradient, toFirst])], { axis: 1 });
}

/** Any window: adds each gradient at the place of its maximum. */
function lowerByIndices(node: Node, window: Window, e: Emitter): void {
  const { dy, input } = node.inputs;
  const [n, h, w, c] = input!.shape as [number, number, number, number];
  const [, indices] = e.ops('MaxPool', [e.get(input!, 'nchw')], onnxWindow(window), 2);
  const zeros = e.op('Expand', [e.scalar(0), e.ints([input!.size])]);
  const count = [sizeOf(window.outShape)];
  const sums = e.op('ScatterElements', [zeros, e.reshape(indices!, count), e.reshape(e.get(dy!, 'nchw'), count)], {
    axis: 0,
    reduction: 'add',
  });
  e.set(node.outputs[0]!, e.reshape(sums, [n, c, h, w]), 'nchw');
}
