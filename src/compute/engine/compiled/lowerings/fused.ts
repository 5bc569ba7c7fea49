/** tfjs's fused kernels, taken apart again: the optimizer fuses what onnxruntime can do in one pass, and the gradients see plain kernels. @module */
import { ComputeError } from '../../../errors.js';
import { convolutions } from './convolutions.js';
import { matrices } from './matrices.js';
import type { Graph, Node, Value } from '../graph.js';
import type { LoweringTable } from '../lowering.js';

/** tfjs's names of activations, as kernels. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
};

function finish(y: Value, node: Node, graph: Graph): Value {
  const { bias, preluActivationWeights } = node.inputs;
  const biased = bias ? graph.op('Add', { a: y, b: bias }) : y;
  const activation = node.attrs.activation as string | undefined;
  if (!activation || activation === 'linear') return biased;
  if (activation === 'leakyrelu') return graph.op('LeakyRelu', { x: biased }, { alpha: node.attrs.leakyreluAlpha });
  if (activation === 'prelu') return graph.op('Prelu', { x: biased, alpha: preluActivationWeights! });
  const kernel = ACTIVATIONS[activation];
  if (!kernel) throw new ComputeError('UNSUPPORTED_OPERATION', `No compiled form of the fused activation ${activation}.`, [activation]);
  return graph.op(kernel, { x: biased });
}

export const fused: LoweringTable = {
  _FusedMatMul: {
    infer: matrices.BatchMatMul!.infer,
    expand: (node, graph) => finish(graph.op('BatchMatMul', { a: node.inputs.a!, b: node.inputs.b! }, node.attrs), node, graph),
  },
  FusedConv2D: {
    infer: convolutions.Conv2D!.infer,
    expand: (node, graph) => finish(graph.op('Conv2D', { x: node.inputs.x!, filter: node.inputs.filter! }, node.attrs), node, graph),
  },
  FusedDepthwiseConv2D: {
    infer: convolutions.DepthwiseConv2dNative!.infer,
    expand: (node, graph) =>
      finish(graph.op('DepthwiseConv2dNative', { x: node.inputs.x!, filter: node.inputs.filter! }, node.attrs), node, graph),
  },
};
