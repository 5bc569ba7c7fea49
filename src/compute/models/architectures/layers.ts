/** Layers as the architectures here use them: named, and zero until they are initialised. @module */
import { layers, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { ReluDecay } from '../relu-decay.js';
import type { BuildPlan } from './types.js';

type ConvOptions = Partial<Parameters<typeof layers.conv2d>[0]>;
type DepthwiseOptions = Partial<Parameters<typeof layers.depthwiseConv2d>[0]>;
type DenseOptions = Partial<Parameters<typeof layers.dense>[0]>;
type Layer = LayersModel['layers'][number];

/** A square convolution that keeps the size, unless told otherwise. */
export function conv(name: string, filters: number, kernelSize: number | [number, number], options: ConvOptions = {}) {
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

/** A convolution without bias, and batch normalization. */
export function normalised(
  name: string,
  x: SymbolicTensor,
  filters: number,
  kernelSize: number | [number, number],
  options: ConvOptions = {},
): SymbolicTensor {
  return batchNorm(`${name}_bn`, conv(name, filters, kernelSize, { useBias: false, ...options }).apply(x) as SymbolicTensor);
}

/** The activation that the plan asks for. */
export function activate({ activation, beta }: BuildPlan, name: string, x: SymbolicTensor): SymbolicTensor {
  const layer = activation === 'reluDecay' ? new ReluDecay({ name, beta }) : layers.activation({ activation, name });
  return layer.apply(x) as SymbolicTensor;
}

/** A layer of a plain stack with its activation: in the layer itself, where tfjs-layers has it. */
export function activated({ activation, beta }: BuildPlan, name: string, make: (options: { activation?: 'relu' }) => Layer): Layer[] {
  // The type names a few activations, the registry behind it knows all.
  if (activation !== 'reluDecay') return [make({ activation: activation as 'relu' })];
  return [make({}), new ReluDecay({ name: `${name}_activation`, beta })];
}

/** What drops values before the logits, where the plan asks for it. */
export function dropouts({ dropout }: BuildPlan): Layer[] {
  return dropout > 0 ? [layers.dropout({ rate: dropout, name: 'dropout' })] : [];
}

/** ρ times a number of channels, at least 2 and even, which shortcuts that add channels on both sides ask for. */
export function scaled({ width }: BuildPlan, channels: number): number {
  return width === 1 ? channels : Math.max(2, 2 * Math.round((width * channels) / 2));
}

/** Mean over all places, and logits: how residual networks end. */
export function classifier(name: string, plan: BuildPlan, image: SymbolicTensor, x: SymbolicTensor): LayersModel {
  const pooled = layers.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }).apply(x) as SymbolicTensor;
  const last = [...dropouts(plan), dense('logits', plan.classCount)];
  return model({ inputs: image, outputs: last.reduce((y, layer) => layer.apply(y) as SymbolicTensor, pooled), name });
}
