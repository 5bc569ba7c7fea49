/** Layers as the architectures here use them: named, and zero until they are initialised. @module */
import { layers } from '@tensorflow/tfjs-layers';

type ConvOptions = Partial<Parameters<typeof layers.conv2d>[0]>;
type DenseOptions = Partial<Parameters<typeof layers.dense>[0]>;

/** A square convolution that keeps the size, unless told otherwise. */
export function conv(name: string, filters: number, kernelSize: number, options: ConvOptions = {}) {
  return layers.conv2d({ name, filters, kernelSize, padding: 'same', kernelInitializer: 'zeros', ...options });
}

export function dense(name: string, units: number, options: DenseOptions = {}) {
  return layers.dense({ name, units, kernelInitializer: 'zeros', ...options });
}
