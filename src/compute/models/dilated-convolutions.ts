/**
 * Dilated convolutions of LayersModels, by filters with zeros between their taps, in place of tfjs-layers' own: TensorFlow.js has no gradient
 * of those, and its depthwise layer ignores the dilation.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { layers, type LayerVariable } from '@tensorflow/tfjs-layers';
import { sizeOf } from '../tensors/index.js';
import { ComputeError } from '../errors.js';
import { dilate } from './dataflow/differentiable.js';

type Shape = (number | null)[];

/** What tfjs-layers' convolutions hold. */
interface Convolution extends layers.Layer {
  kernelSize: number[];
  dilationRate: number[];
  readonly strides: readonly number[];
  kernel?: Pick<LayerVariable, 'read'> | null;
  /** Of the depthwise and the separable one. */
  depthwiseKernel?: Pick<LayerVariable, 'read'>;
  /** Values of a dilated filter, zeros included. */
  dilatedSize?: number;
}

/** Replaces the kernel that the layer reads; its variable stays as small as it is in files. */
function widen(layer: Convolution): void {
  const [dy, dx] = layer.dilationRate as [number, number];
  if (dy === 1 && dx === 1) return;
  if (dy < 1 || dx < 1 || layer.strides.some((stride) => stride > 1)) {
    throw new ComputeError(
      'INVALID_MODEL',
      `Layer ${layer.name} has dilations of ${dy} and ${dx} with strides of ${layer.strides.join()}.`,
      ['modelTopology', layer.name],
    );
  }
  const field = layer.depthwiseKernel ? 'depthwiseKernel' : 'kernel';
  const kernel = layer[field] as LayerVariable;
  const [height, width, ...channels] = kernel.shape as number[];
  layer.kernelSize = [(height! - 1) * dy + 1, (width! - 1) * dx + 1];
  layer.dilationRate = [1, 1];
  layer.dilatedSize = sizeOf([...layer.kernelSize, ...channels]);
  layer[field] = { read: () => dilate(kernel.read() as tf.Tensor4D, [dy, dx]) };
}

/** Values of the filter with zeros that a layer computes with; 0 where it has none. */
export function dilatedSize(layer: layers.Layer): number {
  return (layer as Partial<Convolution>).dilatedSize ?? 0;
}

for (const name of ['Conv2D', 'DepthwiseConv2D', 'SeparableConv2D']) {
  const [original] = tf.serialization.SerializationMap.getMap().classNameMap[name] as unknown as [new (config: object) => Convolution];
  const dilated = class extends original {
    static readonly className = name;

    override build(inputShape: Shape | Shape[]): void {
      super.build(inputShape);
      widen(this);
    }
  };
  tf.serialization.registerClass(dilated as unknown as tf.serialization.SerializableConstructor<Convolution>);
}
