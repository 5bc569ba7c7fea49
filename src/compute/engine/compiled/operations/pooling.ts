/** Average and maximum pooling. @module */
import { fourOf } from '../layout.js';
import { NCHWC } from '../onnx.js';
import { Operation, spec } from '../operation.js';
import { isHalving, lowerMaxPoolGradient, maximumOf, rowMaxima } from './max-pool-gradient.js';
import { onnxWindow, type PoolAttributes, windowOf, type Window } from './pooling-window.js';
import { repeatOverPixels } from './aligned.js';
import { ConvInputGradient } from './convolution-gradients.js';
import { Multiply } from './elementwise.js';
import type { Emitter } from '../emitter.js';
import { type Graph, isCall, type Node, type Value } from '../graph.js';
import type { ConvAttributes } from './convolutions.js';

function lowerPool(op: string, node: Node<PoolAttributes>, e: Emitter): void {
  const x = node.inputs.x!;
  const window = windowOf(x.shape, node.attrs);
  const blocked = !x.isConstant && e.layoutOf(x) === 'blocked';
  const layout = blocked ? 'blocked' : 'nchw';
  e.set(node.outputs[0]!, e.op(op, [e.get(x, layout)], onnxWindow(window), blocked ? NCHWC : ''), layout);
}

/**
 * Each window's gradient, divided by the pixels in it, goes to all of them. (tfjs's own `cpu` backend divides by the window's full size at
 * padded borders, which is not the derivative of its average, and disagrees with finite differences there; this is the derivative.)
 */
function expandAveragePoolGradient(node: Node<PoolAttributes>, graph: Graph): Value {
  const { dy, input } = node.inputs;
  const window = windowOf(input!.shape, node.attrs);
  const [kh, kw] = window.size;
  const [, h, w, c] = fourOf(input!.shape);
  const [, ho, wo] = fourOf(window.outShape);
  const share = graph.op(Multiply, { a: dy!, b: reciprocalCounts(window, h, w, graph) });
  const tiles = window.strides[0] === kh && window.strides[1] === kw && ho * kh === h && wo * kw === w;
  if (tiles) return graph.op(Repeat, { x: share }, { scales: [kh, kw] });
  const conv: ConvAttributes = { strides: window.strides, dilations: [1, 1], pads: window.pads, groups: c };
  return graph.op(ConvInputGradient, { dy: share, filter: graph.constant(1, [kh, kw, 1, c]) }, { ...conv, shape: input!.shape });
}

/** 1 / pixels of each window, `[1, height, width, 1]` or a scalar where all are the same. */
function reciprocalCounts({ size, strides, pads, outShape }: Window, h: number, w: number, graph: Graph): Value {
  const inside = (out: number, axis: 0 | 1, length: number) => {
    const start = out * strides[axis] - pads[axis];
    return Math.min(start + size[axis], length) - Math.max(start, 0);
  };
  const [, ho, wo] = fourOf(outShape);
  const counts = Float32Array.from({ length: ho * wo }, (_, i) => 1 / (inside(Math.floor(i / wo), 0, h) * inside(i % wo, 1, w)));
  const uniform = counts.every((count) => count === counts[0]);
  return uniform ? graph.constant(counts[0]!, []) : graph.constant(counts, [1, ho, wo, 1]);
}

export type RepeatAttributes = { readonly scales: readonly [number, number] };

function lowerRepeat(node: Node<RepeatAttributes>, e: Emitter): void {
  const x = node.inputs.x!;
  const output = node.outputs[0]!;
  const [sh, sw] = node.attrs.scales;
  const [n, h, w, c] = fourOf(x.shape);
  if (e.isBlockable(output.shape) && (h * w === 1 || e.layoutOf(x) === 'blocked')) {
    const name = e.get(x, 'blocked');
    const repeated =
      h * w === 1 ? repeatOverPixels(name, output, e) : e.op('Upsample', [name], { scales: [1, 1, sh, sw], mode: 'nearest' }, NCHWC);
    e.set(output, repeated, 'blocked');
    return;
  }
  const expanded = e.op('Expand', [e.reshape(e.get(x), [n, h, 1, w, 1, c]), e.ints([n, h, sh, w, sw, c])]);
  e.set(output, e.reshape(expanded, output.shape));
}

/** With a gradient to come, the maximum goes by way of the maxima of rows that the gradient needs too. */
function lowerMaxPool(node: Node<PoolAttributes>, e: Emitter): void {
  const x = node.inputs.x!;
  const window = windowOf(x.shape, node.attrs);
  const hasGradient = [...x.consumers].some((consumer) => isCall(consumer, MaxPoolGrad));
  if (hasGradient && isHalving(window, x.shape) && !x.isConstant && e.layoutOf(x) === 'blocked') {
    e.set(node.outputs[0]!, maximumOf(rowMaxima(e.get(x, 'blocked'), e), [2, 1], e), 'blocked');
  } else {
    lowerPool('MaxPool', node, e);
  }
}

export const AvgPool = new Operation<PoolAttributes>('AvgPool', {
  infer: ({ x }, attrs) => spec(windowOf(x!.shape, attrs).outShape),
  lower: (node, e) => lowerPool('AveragePool', node, e),
});

/** Inputs: `dy` and the pooling's `input`. */
export const AvgPoolGrad = new Operation<PoolAttributes>('AvgPoolGrad', {
  infer: ({ input }) => spec(input!.shape),
  expand: expandAveragePoolGradient,
});

export const MaxPool = new Operation<PoolAttributes>('MaxPool', {
  infer: ({ x }, attrs) => spec(windowOf(x!.shape, attrs).outShape, x!.dtype),
  lower: lowerMaxPool,
});

/** Inputs: `dy`, and the pooling's `input` and `output`. */
export const MaxPoolGrad = new Operation<PoolAttributes>('MaxPoolGrad', {
  infer: ({ input }) => spec(input!.shape),
  lower: lowerMaxPoolGradient,
});

/** Repeats each pixel `scales` times. */
export const Repeat = new Operation<RepeatAttributes>('Repeat', {
  infer: ({ x }, { scales }) => {
    const [n, h, w, c] = fourOf(x!.shape);
    const [sh, sw] = scales;
    return spec([n, h * sh, w * sw, c]);
  },
  lower: lowerRepeat,
});
