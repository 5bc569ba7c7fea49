/** Kernels that make tensors from nothing: all become constants while compiling. @module */
import { spec, type LoweringTable } from '../lowering.js';
import type { Node, Graph } from '../graph.js';

function likeFirst(value: number) {
  return {
    infer: ({ x }: Node['inputs']) => spec(x!.shape, x!.dtype),
    expand: (node: Node, graph: Graph) => graph.constant(value, node.outputs[0]!.shape, node.outputs[0]!.dtype),
  };
}

export const creation: LoweringTable = {
  Fill: {
    infer: (_inputs, { shape, dtype, value }) => spec(shape!, dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32')),
    expand: ({ attrs, outputs }, graph) => graph.constant(Number(attrs.value), outputs[0]!.shape, outputs[0]!.dtype),
  },
  LinSpace: { infer: (_inputs, { num }) => spec([num!]) },
  OnesLike: likeFirst(1),
  Range: {
    infer: (_inputs, { start, stop, step, dtype }) => {
      const count = Math.ceil((stop! - start!) / (step ?? 1));
      return spec([Math.max(0, count)], dtype ?? 'float32');
    },
  },
  ZerosLike: likeFirst(0),
};
