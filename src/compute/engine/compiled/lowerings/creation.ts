/** Kernels that make tensors from nothing: all become constants while compiling. @module */
import type { DType } from '../../../tensors/types.js';
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
    infer: (_inputs, { shape, dtype, value }) =>
      spec(shape as number[], (dtype as DType | undefined) ?? (typeof value === 'boolean' ? 'bool' : 'float32')),
    expand: ({ attrs, outputs }, graph) => graph.constant(Number(attrs.value), outputs[0]!.shape, outputs[0]!.dtype),
  },
  LinSpace: { infer: (_inputs, { num }) => spec([num as number]) },
  OnesLike: likeFirst(1),
  Range: {
    infer: (_inputs, { start, stop, step, dtype }) => {
      const count = Math.ceil(((stop as number) - (start as number)) / ((step as number | undefined) ?? 1));
      return spec([Math.max(0, count)], (dtype as DType | undefined) ?? 'float32');
    },
  },
  ZerosLike: likeFirst(0),
};
