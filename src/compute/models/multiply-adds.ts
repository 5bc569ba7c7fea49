/** The cost of a network, as papers count it. @module */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type Node, toTensors, trace } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import type { DifferentiableModel } from './types.js';

/**
 * Multiplications with an addition in one forward pass of one image, in convolutions and matrix products: what papers give as FLOPs or MACs.
 * @returns null where the network has kernels that cannot be traced.
 */
export function multiplyAdds(model: DifferentiableModel): number | null {
  const spec = { dtype: 'float32', shape: [1, ...model.spec.inputShape] } as const;
  try {
    const graph = trace({ images: spec }, ({ images }) => ({ scores: model.apply(toTensors(model.variables), images as Tensor4D) }));
    return graph.sorted().reduce((sum, node) => sum + costOf(node), 0);
  } catch (error) {
    if (error instanceof ComputeError && error.code === 'UNSUPPORTED_OPERATION') return null;
    throw error;
  }
}

/** Of each value put out, the length of the sum that it is. */
function costOf({ kernel, inputs, attrs, outputs }: Node): number {
  const size = outputs[0]!.size;
  switch (kernel) {
    case 'Conv2D':
    case 'FusedConv2D': {
      const [height, width, channels] = inputs.filter!.shape as [number, number, number];
      return size * height * width * channels;
    }
    case 'DepthwiseConv2dNative':
    case 'FusedDepthwiseConv2D': {
      const [height, width] = inputs.filter!.shape as [number, number];
      return size * height * width;
    }
    // A transposed convolution: each value that comes in is spread over the filter.
    case 'Conv2DBackpropInput': {
      const [height, width, channels] = inputs.filter!.shape as [number, number, number];
      return inputs.dy!.size * height * width * channels;
    }
    case 'BatchMatMul':
    case '_FusedMatMul':
      return size * inputs.a!.shape.at(attrs.transposeA ? -2 : -1)!;
    default:
      return 0;
  }
}
