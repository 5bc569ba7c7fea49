/** Histograms: how often each number below `size` occurs, or the sum of its weights. Larger numbers are left out. @module */
import { Operation, spec } from '../operation.js';
import { Multiply } from './elementwise.js';
import { OneHot } from './indexing.js';
import { Max, Sum } from './reductions.js';
import { Reshape } from './shapes.js';
import type { Graph, Node, Value } from '../graph.js';

type BincountAttributes = { readonly size: number; readonly binaryOutput?: boolean };

function expandBincount(node: Node<BincountAttributes>, graph: Graph): Value {
  const { x, weights } = node.inputs;
  const { size, binaryOutput } = node.attrs;
  const output = node.outputs[0]!;
  const hot = graph.op(OneHot, { indices: x! }, { depth: size, onValue: 1, offValue: 0, dtype: output.dtype });
  // As the cpu backend has it, `binaryOutput` counts for nothing with one row.
  if (binaryOutput && x!.rank === 2) return graph.op(Max, { x: hot }, { axis: 1, keepDims: false });
  const each =
    weights!.size === 0 ? hot : graph.op(Multiply, { a: hot, b: graph.op(Reshape, { x: weights! }, { shape: [...x!.shape, 1] }) });
  return graph.op(Sum, { x: each }, { axis: x!.rank - 1, keepDims: false });
}

export const Bincount = new Operation<BincountAttributes>('Bincount', {
  infer: ({ weights }, { size }) => spec([size], weights!.dtype),
  expand: expandBincount,
});

export const DenseBincount = new Operation<BincountAttributes>('DenseBincount', {
  infer: ({ x, weights }, { size }) => spec([...x!.shape.slice(0, -1), size], weights!.dtype),
  expand: expandBincount,
});
