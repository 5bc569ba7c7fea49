/** tfjs's fused kernels, taken apart again: the optimizer fuses what onnxruntime can do in one pass, and the gradients see plain kernels. @module */
import { ComputeError } from '../../../errors.js';
import { Operation } from '../operation.js';
import { Conv2D, type Conv2DAttributes, DepthwiseConv2dNative } from './convolutions.js';
import { Add, Elu, LeakyRelu, Prelu, Relu, Relu6, Sigmoid } from './elementwise.js';
import { BatchMatMul, type MatrixProductAttributes } from './matrices.js';
import type { Graph, Node, Value } from '../graph.js';

type Fused<A> = A & { readonly activation?: string; readonly leakyreluAlpha?: number };

/** Activations without parameters, by tfjs's names. */
const ACTIVATIONS: Readonly<Record<string, Operation>> = { relu: Relu, relu6: Relu6, elu: Elu, sigmoid: Sigmoid };

/** Adds the bias and applies the activation. */
function finish(y: Value, node: Node<Fused<object>>, graph: Graph): Value {
  const { bias, preluActivationWeights } = node.inputs;
  const biased = bias ? graph.op(Add, { a: y, b: bias }) : y;
  const { activation, leakyreluAlpha } = node.attrs;
  if (!activation || activation === 'linear') return biased;
  if (activation === 'leakyrelu') return graph.op(LeakyRelu, { x: biased }, { alpha: leakyreluAlpha! });
  if (activation === 'prelu') return graph.op(Prelu, { x: biased, alpha: preluActivationWeights! });
  const kernel = ACTIVATIONS[activation];
  if (!kernel) throw new ComputeError('UNSUPPORTED_OPERATION', `No compiled form of the fused activation ${activation}.`, [activation]);
  return graph.op(kernel, { x: biased });
}

export const FusedMatMul = new Operation<Fused<MatrixProductAttributes>>('_FusedMatMul', {
  infer: BatchMatMul.infer,
  expand: (node, graph) => finish(graph.op(BatchMatMul, { a: node.inputs.a!, b: node.inputs.b! }, node.attrs), node, graph),
});

export const FusedConv2D = new Operation<Fused<Conv2DAttributes>>('FusedConv2D', {
  infer: Conv2D.infer,
  expand: (node, graph) => finish(graph.op(Conv2D, { x: node.inputs.x!, filter: node.inputs.filter! }, node.attrs), node, graph),
});

export const FusedDepthwiseConv2D = new Operation<Fused<Conv2DAttributes>>('FusedDepthwiseConv2D', {
  infer: DepthwiseConv2dNative.infer,
  expand: (node, graph) =>
    finish(graph.op(DepthwiseConv2dNative, { x: node.inputs.x!, filter: node.inputs.filter! }, node.attrs), node, graph),
});
