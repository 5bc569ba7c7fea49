/**
 * Resizing of images, and its gradients: a matrix from the left for rows and one for columns, with one weight a pixel that is read.
 * @module
 */
import { fourOf } from '../layout.js';
import { Operation, spec } from '../operation.js';
import type { tf } from '../../tensorflow.js';
import { BatchMatMul } from './matrices.js';
import { Reshape } from './shapes.js';
import type { Graph, Value } from '../graph.js';

export type ResizeAttributes = Readonly<tf.ResizeBilinearAttrs>;

/** Weights of input positions: [output length, input length]. */
type Weights = (from: number, to: number, attrs: ResizeAttributes) => Float32Array;

function scaleOf(from: number, to: number, { alignCorners }: ResizeAttributes): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

const bilinear: Weights = (from, to, attrs) => {
  const scale = scaleOf(from, to, attrs);
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const source = attrs.halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i;
    const floor = Math.max(0, Math.floor(source));
    const ceil = Math.min(from - 1, Math.ceil(source));
    const fraction = source - floor;
    weights[i * from + floor]! += 1 - fraction;
    weights[i * from + ceil]! += fraction;
  }
  return weights;
};

const nearest: Weights = (from, to, attrs) => {
  const scale = scaleOf(from, to, attrs);
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const source = attrs.halfPixelCenters ? scale * (i + 0.5) : scale * i;
    const at = Math.min(from - 1, attrs.alignCorners ? Math.round(source) : Math.floor(source));
    weights[i * from + at] = 1;
  }
  return weights;
};

/** Applies `rows` [h2, h] and `columns` [w2, w], or their transposes. */
function apply(x: Value, rows: Value, columns: Value, transpose: boolean, graph: Graph): Value {
  const [n, h, w, c] = fourOf(x.shape);
  const attrs = { transposeA: transpose, transposeB: false };
  const h2 = rows.shape[transpose ? 1 : 0]!;
  const w2 = columns.shape[transpose ? 1 : 0]!;
  const tall = graph.op(BatchMatMul, { a: rows, b: graph.op(Reshape, { x }, { shape: [n, h, w * c] }) }, attrs);
  const wide = graph.op(BatchMatMul, { a: columns, b: graph.op(Reshape, { x: tall }, { shape: [n * h2, w, c] }) }, attrs);
  return graph.op(Reshape, { x: wide }, { shape: [n, h2, w2, c] });
}

function resize(name: string, weights: Weights): Operation<ResizeAttributes> {
  return new Operation(name, {
    infer: ({ images }, { size: [h, w] }) => spec([images!.shape[0]!, h, w, images!.shape[3]!]),
    expand: ({ inputs, attrs, outputs }, graph) => {
      const [, h, w] = fourOf(inputs.images!.shape);
      const [, h2, w2] = fourOf(outputs[0]!.shape);
      const rows = graph.constant(weights(h, h2, attrs), [h2, h]);
      return apply(inputs.images!, rows, graph.constant(weights(w, w2, attrs), [w2, w]), false, graph);
    },
  });
}

function gradient(name: string, weights: Weights): Operation<ResizeAttributes> {
  return new Operation(name, {
    infer: ({ images }) => spec(images!.shape),
    expand: ({ inputs, attrs }, graph) => {
      const [, h, w] = fourOf(inputs.images!.shape);
      const [, h2, w2] = fourOf(inputs.dy!.shape);
      const rows = graph.constant(weights(h, h2, attrs), [h2, h]);
      return apply(inputs.dy!, rows, graph.constant(weights(w, w2, attrs), [w2, w]), true, graph);
    },
  });
}

export const ResizeBilinear = resize('ResizeBilinear', bilinear);
export const ResizeBilinearGrad = gradient('ResizeBilinearGrad', bilinear);
export const ResizeNearestNeighbor = resize('ResizeNearestNeighbor', nearest);
export const ResizeNearestNeighborGrad = gradient('ResizeNearestNeighborGrad', nearest);
