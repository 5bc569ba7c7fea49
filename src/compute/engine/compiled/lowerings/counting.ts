/** Histograms: how often each number below `size` occurs, or the sum of its weights. Larger numbers are left out. @module */
import { spec, type LoweringTable } from '../lowering.js';
import type { Graph, Node, Value } from '../graph.js';

function expandBincount(node: Node, graph: Graph): Value {
  const { x, weights } = node.inputs;
  const { size, binaryOutput } = node.attrs as { size: number; binaryOutput?: boolean };
  const output = node.outputs[0]!;
  const hot = graph.op('OneHot', { indices: x! }, { depth: size, onValue: 1, offValue: 0, dtype: output.dtype });
  // As the cpu backend has it, `binaryOutput` counts for nothing with one row.
  if (binaryOutput && x!.rank === 2) return graph.op('Max', { x: hot }, { axis: 1, keepDims: false });
  const each =
    weights!.size === 0 ? hot : graph.op('Multiply', { a: hot, b: graph.op('Reshape', { x: weights! }, { shape: [...x!.shape, 1] }) });
  return graph.op('Sum', { x: each }, { axis: x!.rank - 1, keepDims: false });
}

export const counting: LoweringTable = {
  Bincount: { infer: ({ weights }, { size }) => spec([size as number], weights!.dtype), expand: expandBincount },
  DenseBincount: {
    infer: ({ x, weights }, { size }) => spec([...x!.shape.slice(0, -1), size as number], weights!.dtype),
    expand: expandBincount,
  },
};
