/** Layers as the architectures here use them: named, and zero until they are initialised. @module */
import type { Topology } from '../keras/topology.js';
import { Layer, model, type Symbolic } from './describe.js';
import type { BuildPlan } from './types.js';

type Pair = readonly [number, number];
type Padding = 'same' | 'valid';

interface ConvOptions {
  readonly strides?: number;
  readonly padding?: Padding;
  readonly activation?: string;
  readonly useBias?: boolean;
}

const ZEROS = { class_name: 'Zeros', config: {} };
const ONES = { class_name: 'Ones', config: {} };

const pair = (size: number | Pair): Pair => (typeof size === 'number' ? [size, size] : size);

/** What every convolution has. */
function window(kernelSize: number | Pair, { strides = 1, padding = 'same', activation = 'linear', useBias = true }: ConvOptions) {
  return {
    kernel_size: pair(kernelSize),
    strides: pair(strides),
    padding,
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation,
    use_bias: useBias,
    bias_initializer: ZEROS,
    bias_regularizer: null,
    activity_regularizer: null,
    bias_constraint: null,
  };
}

/** A square convolution that keeps the size, unless told otherwise. */
export function conv(name: string, filters: number, kernelSize: number | Pair, options: ConvOptions = {}): Layer {
  const kernel = { filters, kernel_initializer: ZEROS, kernel_regularizer: null, kernel_constraint: null };
  return new Layer('Conv2D', { ...kernel, ...window(kernelSize, options), name, trainable: true });
}

/** A depthwise convolution without bias that keeps the size, unless told otherwise. */
export function depthwiseConv(name: string, kernelSize: number, options: ConvOptions = {}): Layer {
  return new Layer('DepthwiseConv2D', {
    ...window(kernelSize, { useBias: false, ...options }),
    name,
    trainable: true,
    depth_multiplier: 1,
    depthwise_initializer: ZEROS,
    depthwise_regularizer: null,
    depthwise_constraint: null,
  });
}

export function dense(name: string, units: number, { activation = 'linear' }: { readonly activation?: string } = {}): Layer {
  return new Layer('Dense', {
    units,
    activation,
    use_bias: true,
    kernel_initializer: ZEROS,
    bias_initializer: ZEROS,
    kernel_regularizer: null,
    bias_regularizer: null,
    activity_regularizer: null,
    kernel_constraint: null,
    bias_constraint: null,
    name,
    trainable: true,
  });
}

function pooling(className: string, name: string, size: number, strides: number, padding: Padding): Layer {
  const [pool_size, steps] = [pair(size), pair(strides)];
  return new Layer(className, { pool_size, padding, strides: steps, data_format: 'channels_last', name, trainable: true });
}

export function maxPool(name: string, size: number, strides: number, padding: Padding = 'valid'): Layer {
  return pooling('MaxPooling2D', name, size, strides, padding);
}

export function meanPool(name: string, size: number, strides: number, padding: Padding = 'valid'): Layer {
  return pooling('AveragePooling2D', name, size, strides, padding);
}

export function flatten(name: string): Layer {
  return new Layer('Flatten', { name, trainable: true });
}

export function add(name: string, ...values: Symbolic[]): Symbolic {
  return new Layer('Add', { name, trainable: true }).apply(...values);
}

export function concatenate(name: string, values: readonly Symbolic[]): Symbolic {
  return new Layer('Concatenate', { axis: -1, name, trainable: true }).apply(...values);
}

/** Zeros for new channels on both sides: taken as channels-first, the layer pads the last two axes, the width by nothing. */
export function padChannels(name: string, added: number, x: Symbolic): Symbolic {
  const padding = [
    [0, 0],
    [added, added],
  ];
  return new Layer('ZeroPadding2D', { padding, data_format: 'channels_first', name, trainable: true }).apply(x);
}

/** Batch normalization as residual networks use it. */
export function batchNorm(name: string, x: Symbolic): Symbolic {
  return new Layer('BatchNormalization', {
    axis: -1,
    momentum: 0.9,
    epsilon: 1e-5,
    center: true,
    scale: true,
    beta_initializer: ZEROS,
    gamma_initializer: ONES,
    moving_mean_initializer: ZEROS,
    moving_variance_initializer: ONES,
    beta_regularizer: null,
    gamma_regularizer: null,
    beta_constraint: null,
    gamma_constraint: null,
    name,
    trainable: true,
  }).apply(x);
}

/** A convolution without bias, and batch normalization. */
export function normalised(name: string, x: Symbolic, filters: number, kernelSize: number | Pair, options: ConvOptions = {}): Symbolic {
  return batchNorm(`${name}_bn`, conv(name, filters, kernelSize, { useBias: false, ...options }).apply(x));
}

function activationLayer({ activation, beta }: BuildPlan, name: string): Layer {
  if (activation === 'reluDecay') return new Layer('ReluDecay', { name, trainable: true, beta });
  return new Layer('Activation', { activation, name, trainable: true });
}

/** The activation that the plan asks for. */
export function activate(plan: BuildPlan, name: string, x: Symbolic): Symbolic {
  return activationLayer(plan, name).apply(x);
}

/** A layer of a plain stack with its activation: in the layer itself, where Keras has it. */
export function activated(plan: BuildPlan, name: string, make: (options: { activation?: string }) => Layer): Layer[] {
  if (plan.activation !== 'reluDecay') return [make({ activation: plan.activation })];
  return [make({}), activationLayer(plan, `${name}_activation`)];
}

/** What drops values before the logits, where the plan asks for it. */
export function dropouts({ dropout: rate }: BuildPlan): Layer[] {
  return rate > 0 ? [new Layer('Dropout', { rate, noise_shape: null, seed: null, name: 'dropout', trainable: true })] : [];
}

/** ρ times a number of channels, at least 2 and even, which shortcuts that add channels on both sides ask for. */
export function scaled({ width }: BuildPlan, channels: number): number {
  return width === 1 ? channels : Math.max(2, 2 * Math.round((width * channels) / 2));
}

/** Mean over all places, and logits. */
export function logits(plan: BuildPlan, x: Symbolic): Symbolic {
  const pool = new Layer('GlobalAveragePooling2D', { data_format: 'channels_last', name: 'pool', trainable: true });
  return [pool, ...dropouts(plan), dense('logits', plan.classCount)].reduce((y, layer) => layer.apply(y), x);
}

/** How residual networks end. */
export function classifier(name: string, plan: BuildPlan, image: Symbolic, x: Symbolic): Topology {
  return model(name, image, [logits(plan, x)]);
}
