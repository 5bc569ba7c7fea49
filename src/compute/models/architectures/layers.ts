/** Layers as the architectures here use them: named, and zero until they are initialised. @module */
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';

type ConvOptions = Partial<Parameters<typeof layers.conv2d>[0]>;
type DepthwiseOptions = Partial<Parameters<typeof layers.depthwiseConv2d>[0]>;
type DenseOptions = Partial<Parameters<typeof layers.dense>[0]>;

/** A square convolution that keeps the size, unless told otherwise. */
export function conv(name: string, filters: number, kernelSize: number, options: ConvOptions = {}) {
  return layers.conv2d({ name, filters, kernelSize, padding: 'same', kernelInitializer: 'zeros', ...options });
}

/** A depthwise convolution that keeps the size, unless told otherwise. */
export function depthwiseConv(name: string, kernelSize: number, options: DepthwiseOptions = {}) {
  return layers.depthwiseConv2d({ name, kernelSize, padding: 'same', depthwiseInitializer: 'zeros', useBias: false, ...options });
}

export function dense(name: string, units: number, options: DenseOptions = {}) {
  return layers.dense({ name, units, kernelInitializer: 'zeros', ...options });
}

/** Batch normalization as residual networks use it. */
export function batchNorm(name: string, x: SymbolicTensor): SymbolicTensor {
  return layers.batchNormalization({ name, momentum: 0.9, epsilon: 1e-5 }).apply(x) as SymbolicTensor;
}

/** ReLU6, min(max(x, 0), 6), of mobile networks. */
export function relu6(name: string, x: SymbolicTensor): SymbolicTensor {
  return layers.activation({ activation: 'relu6', name }).apply(x) as SymbolicTensor;
}

export function relu(name: string, x: SymbolicTensor): SymbolicTensor {
  return layers.activation({ activation: 'relu', name }).apply(x) as SymbolicTensor;
}
