/** The networks that are measured. Random weights from a seed: speed does not depend on what a network has learned. @module */
import { type DifferentiableModel, type HostTensor, sizeOf } from '../src/compute/index.js';

export interface Subject {
  readonly architecture: string;
  readonly title: string;
  /** Multiplications of one forward pass of one image. */
  readonly macs: number;
  readonly epsilon: number;
  /** Images at once, where that is fixed. */
  readonly batch?: number;
}

export const SUBJECTS: Readonly<Record<string, Subject>> = {
  m1: { architecture: 'mnist-cnn', title: 'MNIST CNN', macs: 13.9e6, epsilon: 0.3 },
  m2: { architecture: 'resnet-20', title: 'ResNet-20, 32×32', macs: 40.6e6, epsilon: 8 / 255 },
  m3: { architecture: 'wrn-16-4', title: 'WRN-16-4, 32×32', macs: 0.4e9, epsilon: 8 / 255 },
  m4: { architecture: 'resnet-50', title: 'ResNet-50, 224×224', macs: 4.1e9, epsilon: 8 / 255, batch: 8 },
  m5: { architecture: 'mobilenet-v2', title: 'MobileNetV2, 224×224', macs: 0.3e9, epsilon: 8 / 255, batch: 8 },
};

export interface Batch {
  /** `[n, height, width, channels]`, pixels in [0, 1]. */
  readonly images: HostTensor;
  readonly labels: HostTensor;
}

export function batchOf({ spec }: DifferentiableModel, n: number): Batch {
  const shape = [n, ...spec.inputShape];
  const pixels = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.abs(Math.sin(i * 12.9898 + i * i * 1e-3)));
  return {
    images: { dtype: 'float32', shape, data: pixels },
    labels: { dtype: 'int32', shape: [n], data: Int32Array.from({ length: n }, (_, i) => i % spec.classCount) },
  };
}
