/**
 * A network as a graph of affine and monotone nodes, for bounds of what it outputs over a box of images. Nodes are kernels of TensorFlow.js, as tracing finds them
 * in a model of any format, and are computed on the cpu backend.
 * @module
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Node, toTensors, trace } from '../engine/index.js';
import { ComputeError } from '../errors.js';
import type { DifferentiableModel } from '../models/index.js';

/** Kernels that are affine in the one input that depends on the image: which of their constants to take the absolute value of, and which are offsets. */
const AFFINE: Readonly<Record<string, { readonly absolute?: readonly string[]; readonly offsets?: readonly string[] }>> = {
  Conv2D: { absolute: ['filter', 'x'] },
  DepthwiseConv2dNative: { absolute: ['filter'] },
  BatchMatMul: { absolute: ['a', 'b'] },
  Multiply: { absolute: ['a', 'b'] },
  RealDiv: { absolute: ['b'] },
  Add: { offsets: ['a', 'b'] },
  Sub: { offsets: ['a', 'b'] },
  AvgPool: {},
  Reshape: {},
  Transpose: {},
  PadV2: {},
  Slice: {},
  StridedSlice: {},
  ExpandDims: {},
  Mean: {},
  Sum: {},
  Neg: {},
  Reverse: {},
  Concat: { offsets: ['0', '1', '2', '3'] },
  Identity: {},
  Cast: {},
};

/** Affine in two inputs that depend on the image. */
const SUMS = ['Add', 'Sub', 'Concat'];

/** Kernels that never fall in any of their values. */
const MONOTONE = ['Relu', 'Relu6', 'MaxPool', 'Maximum', 'Minimum', 'Sigmoid', 'Tanh', 'Elu', 'ClipByValue'];

type Arity = 'affine' | 'monotone';

/** One kernel call that depends on the image. Values are numbered; constants have their tensors. */
export interface BoundedNode {
  readonly kernel: string;
  readonly arity: Arity;
  readonly output: number;
  readonly shape: readonly number[];
  /** Inputs that depend on the image: name and number of the value. */
  readonly inputs: readonly (readonly [name: string, value: number])[];
  readonly inputShapes: readonly (readonly number[])[];
  /** The kernel on given values in their place. */
  run(values: readonly tf.Tensor[]): tf.Tensor;
  /** Its linear part, of which each weight is replaced by its absolute value, on lengths: |A| r. */
  spread(radii: readonly tf.Tensor[]): tf.Tensor;
}

export interface BoundedNetwork {
  readonly input: number;
  readonly inputShape: readonly number[];
  readonly output: number;
  readonly classCount: number;
  /** Producers before consumers. */
  readonly nodes: readonly BoundedNode[];
}

/** Call inside `computeOn('cpu')`, which owns the tensors of its constants. @throws ComputeError UNSUPPORTED_OPERATION naming the kernels that have no bounds. */
export function boundedNetwork(model: DifferentiableModel): BoundedNetwork {
  if (model.output !== 'LOGITS' || model.random)
    throw unsupported(model.random ? 'the model draws random numbers' : 'the model outputs no logits');
  const inputShape = [1, ...model.spec.inputShape];
  const graph = trace({ images: { dtype: 'float32', shape: inputShape } }, ({ images }) => ({
    scores: model.apply(toTensors(model.variables), images as tf.Tensor4D),
  }));
  const [input, output] = [graph.inputs.get('images')!.id, graph.outputs.get('scores')!.id];
  const depends = new Set([input]);
  const constants = new Map<number, tf.Tensor>();
  const nodes: BoundedNode[] = [];
  const unknown = new Set<string>();
  for (const node of graph.sorted()) {
    const moving = Object.entries(node.inputs).filter(([, value]) => depends.has(value.id));
    if (moving.length === 0) {
      const inputs = Object.fromEntries(Object.entries(node.inputs).map(([name, value]) => [name, constantOf(value, constants)]));
      const results = [tf.engine().runKernel(node.kernel, inputs as never, node.attrs as never)].flat() as tf.Tensor[];
      node.outputs.forEach((value, i) => constants.set(value.id, results[i]!));
      continue;
    }
    node.outputs.forEach((value) => depends.add(value.id));
    const bounded = boundedNode(
      node,
      moving.map(([name]) => name),
      constants,
    );
    if (bounded) nodes.push(bounded);
    else unknown.add(moving.length > 1 ? `${node.kernel} of two values` : node.kernel);
  }
  if (unknown.size > 0) throw unsupported(`there are no bounds for ${[...unknown].sort().join(', ')}`);
  return { input, inputShape, output, classCount: model.spec.classCount, nodes };
}

type Values = Node['inputs'][string];

function constantOf(value: Values, constants: Map<number, tf.Tensor>): tf.Tensor {
  const known = constants.get(value.id);
  if (known) return known;
  const tensor = tf.tensor(value.data as tf.TypedArray, [...value.shape], value.dtype);
  constants.set(value.id, tensor);
  return tensor;
}

function boundedNode(node: Node, names: readonly string[], constants: Map<number, tf.Tensor>): BoundedNode | undefined {
  const { kernel, inputs, attrs, outputs } = node;
  const affine = AFFINE[kernel];
  const isSum = names.length > 1 && SUMS.includes(kernel);
  if (!MONOTONE.includes(kernel) && !(affine && (names.length === 1 || isSum))) return undefined;
  // Of floats to floats, as pooling has it.
  if (kernel === 'Cast' && outputs[0]!.dtype !== 'float32') return undefined;
  if (kernel === 'RealDiv' && names[0] !== 'a') return undefined;
  const fixed = Object.entries(inputs)
    .filter(([name]) => !names.includes(name))
    .map(([name, value]) => [name, constantOf(value, constants)] as const);
  const call = (named: string, values: readonly tf.Tensor[], others: readonly (readonly [string, tf.Tensor])[], given: object) => {
    const all = Object.fromEntries([...others, ...names.map((name, i) => [name, values[i]!] as const)]);
    // A list is given in its order.
    const list = kernel === 'Concat' ? Object.keys(inputs).map((name) => all[name]!) : all;
    return [tf.engine().runKernel(named, list as never, given as never)].flat()[0] as tf.Tensor;
  };
  const lengths = fixed.map(([name, value]) => {
    if (affine?.absolute?.includes(name)) return [name, tf.abs(value)] as const;
    return [name, affine?.offsets?.includes(name) ? tf.zerosLike(value) : value] as const;
  });
  // Lengths add up, also those of a difference, and of what is padded there are none.
  const spreading = kernel === 'Sub' ? 'Add' : kernel === 'Neg' ? 'Identity' : kernel;
  const padded = kernel === 'PadV2' ? { ...attrs, constantValue: 0 } : attrs;
  return {
    kernel,
    arity: affine ? 'affine' : 'monotone',
    output: outputs[0]!.id,
    shape: outputs[0]!.shape,
    inputs: names.map((name) => [name, inputs[name]!.id] as const),
    inputShapes: names.map((name) => inputs[name]!.shape),
    run: (values) => call(kernel, values, fixed, attrs),
    spread: (radii) => (spreading === 'Identity' ? radii[0]! : call(spreading, radii, lengths, padded)),
  };
}

const unsupported = (problem: string) =>
  new ComputeError(
    'UNSUPPORTED_OPERATION',
    `Bounds need a feed-forward network of affine and monotone layers, and ${problem}. Certify it by smoothing.`,
    ['method'],
  );
