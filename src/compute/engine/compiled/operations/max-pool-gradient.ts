/** The gradient of maximum pooling: all of it goes to the first of a window's largest elements, in the order of rows and columns. @module */
import { fourOf } from '../layout.js';
import { sizeOf } from '../../../tensors/index.js';
import { NCHWC } from '../onnx.js';
import { STEEP } from './elementwise.js';
import { lowerMaximaByTaps } from './max-pool-taps.js';
import { onnxWindow, type PoolAttributes, type Window, windowOf } from './pooling-window.js';
import type { Emitter } from '../emitter.js';
import type { Node } from '../graph.js';

export function lowerMaxPoolGradient(node: Node<PoolAttributes>, e: Emitter): void {
  const input = node.inputs.input!;
  const window = windowOf(input.shape, node.attrs);
  if (isHalving(window, input.shape)) lowerHalving(node, e);
  // onnxruntime's WebGPU provider has no maximum pooling that tells where the maxima are.
  else if (e.target.provider === 'cpu') lowerByIndices(node, window, e);
  else lowerMaximaByTaps(node, window, e);
}

/** 2 × 2 windows side by side that cover the image. */
export function isHalving({ size, strides, pads }: Window, [, h, w]: readonly number[]): boolean {
  return [...size, ...strides].every((n) => n === 2) && pads.every((n) => n === 0) && h! % 2 === 0 && w! % 2 === 0;
}

/**
 * Two rounds of "the first, unless the second is larger": over pairs of row maxima, then over the pixels of each pair. onnxruntime's `MaxPool`
 * with indices is scalar code, many times slower than this.
 */
function lowerHalving(node: Node, e: Emitter): void {
  const { dy, input } = node.inputs;
  const [n, h, w, c] = fourOf(input!.shape);
  const blocked = e.isBlockable(input!.shape) && e.layoutOf(input!) === 'blocked';
  const layout = blocked ? 'blocked' : 'plain';
  const x = e.get(input!, layout);
  const run = blocked ? e.block : c;
  const images = (blocked ? Math.ceil(c / run) : 1) * n;
  const halves = blocked ? blockedHalves(x, images / n, e) : plainHalves(x, [images, h, w, run], e);

  const pooled = e.reshape(e.get(dy!, layout), [(images * h) / 2, 1, (w / 2) * run]);
  const rows = e.reshape(share(pooled, e.reshape(halves.rows, [(images * h) / 2, 1, (w / 2) * run]), e), [(images * h * w) / 2, 1, run]);
  const pixels = share(rows, e.reshape(halves.columns, [(images * h * w) / 2, 1, run]), e);
  e.set(node.outputs[0]!, e.reshape(pixels, blocked ? [n, (images / n) * run, h, w] : input!.shape), layout);
}

/** Masks: 1 where the first of two columns (of two rows of maxima) is at least as large as the second. */
interface Halves {
  readonly columns: string;
  readonly rows: string;
}

/** The masks in blocks: the sign of a difference is a depthwise convolution by (1, -1), and its step comes free as an activation. */
function blockedHalves(x: string, blocks: number, e: Emitter): Halves {
  const channels = blocks * e.block;
  const data = Float32Array.from({ length: 2 * channels }, (_, i) => (Math.floor(i / e.block) % 2 ? -1 : 1));
  const compare = (name: string, size: readonly [number, number]) =>
    e.op(
      'Conv',
      [name, e.tensor({ type: 'float32', dims: [channels, 1, ...size], data })],
      { kernel_shape: size, strides: size, group: channels, activation: 'HardSigmoid', activation_params: { floats: [STEEP, 1] } },
      NCHWC,
    );
  return { columns: compare(x, [1, 2]), rows: compare(rowMaxima(x, e), [2, 1]) };
}

/** Maxima of windows side by side, in blocks. */
export function maximumOf(x: string, size: readonly [number, number], e: Emitter): string {
  return e.op('MaxPool', [x], { kernel_shape: size, strides: size }, NCHWC);
}

/** The larger of each two neighbouring columns. */
export function rowMaxima(x: string, e: Emitter): string {
  return maximumOf(x, [1, 2], e);
}

function plainHalves(x: string, [images, h, w, run]: readonly [number, number, number, number], e: Emitter): Halves {
  const entry = (name: string, i: number) => e.slice(name, [i], [i + 1], [1], [1]);
  const atLeast = (first: string, second: string) => e.cast(e.op('GreaterOrEqual', [first, second]), 'float32');
  const pairs = e.reshape(x, [(images * h * w) / 2, 2, run]);
  const [left, right] = [entry(pairs, 0), entry(pairs, 1)];
  const maxima = e.reshape(e.op('Max', [left, right]), [(images * h) / 2, 2, (w / 2) * run]);
  return { columns: atLeast(left, right), rows: atLeast(entry(maxima, 0), entry(maxima, 1)) };
}

/** The gradient to the first where `toFirst` is 1, else to the second, side by side on axis 1. */
function share(gradient: string, toFirst: string, e: Emitter): string {
  const first = e.op('Mul', [gradient, toFirst]);
  return e.op('Concat', [first, e.op('Sub', [gradient, first])], { axis: 1 });
}

/** Any window: adds each gradient at the place of its maximum. */
function lowerByIndices(node: Node, window: Window, e: Emitter): void {
  const { dy, input } = node.inputs;
  const [n, h, w, c] = fourOf(input!.shape);
  const [, indices] = e.ops('MaxPool', [e.get(input!, 'nchw')], onnxWindow(window), 2);
  const zeros = e.op('Expand', [e.scalar(0), e.ints([input!.size])]);
  const count = [sizeOf(window.outShape)];
  const sums = e.op('ScatterElements', [zeros, e.reshape(indices!, count), e.reshape(e.get(dy!, 'nchw'), count)], {
    axis: 0,
    reduction: 'add',
  });
  e.set(node.outputs[0]!, e.reshape(sums, [n, c, h, w]), 'nchw');
}
