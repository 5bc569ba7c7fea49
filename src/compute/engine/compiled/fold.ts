/** Computing with constants while compiling: constant folding, and shapes of kernels without a lowering. @module */
import { fourOf } from './layout.js';
import '@tensorflow/tfjs-backend-cpu';
import { ComputeError } from '../../errors.js';
import { allocate, type HostTensor, sizeOf } from '../../tensors/index.js';
import { computeOn, tf, toHost } from '../tensorflow.js';
import { gather, permute, stridesOf } from './filters.js';
import { normalizeAxes, sameShape } from './operation.js';
import { Multiply } from './operations/elementwise.js';
import { Reshape, Reverse, StridedSlice, type StridedSliceAttributes, Transpose } from './operations/shapes.js';
import { type Attributes, type Graph, type Inputs, isCall, type Node, type Spec, type Value } from './graph.js';

/** Results larger than this stay in the graph: a model file with a repeated constant of hundreds of megabytes helps nobody. */
const LARGEST_RESULT = 1 << 25;

/** Whether all inputs are constants and the kernel can be computed here. */
export function canFold(node: Node): boolean {
  return (
    Object.values(node.inputs).every((input) => input.isConstant) &&
    node.outputs.every((output) => output.size <= LARGEST_RESULT) &&
    tf.getKernel(node.kernel, 'cpu') !== undefined
  );
}

/** Computes a node whose inputs are all constants. @returns constants in place of its outputs. */
export function fold(graph: Graph, node: Node): Value[] {
  const quick = foldQuickly(graph, node);
  if (quick) return [quick];
  return runOnCpu(node.kernel, node.inputs, node.attrs, (value) => value.data).map(({ shape, dtype, data }) =>
    graph.constant(data, shape, dtype),
  );
}

/** Kernels that large filters go through, without tfjs's index arithmetic for each element. */
function foldQuickly(graph: Graph, node: Node): Value | undefined {
  const output = node.outputs[0]!;
  const { x, a, b } = node.inputs;
  if (isCall(node, Reshape)) return graph.constant(x!.data, output.shape, output.dtype);
  if (output.dtype !== 'float32') return undefined;
  if (isCall(node, Transpose)) return graph.constant(permute(x!.data as Float32Array, x!.shape, node.attrs.perm), output.shape);
  if (isCall(node, Reverse)) return graph.constant(reverse(x!, [node.attrs.dims].flat()), output.shape);
  if (isCall(node, StridedSlice)) return stridedSlice(graph, node);
  if (isCall(node, Multiply) && a!.rank === 4 && sameShape(a!.shape, output.shape)) return scale(graph, a!, b!);
  return undefined;
}

function reverse(x: Value, dims: readonly number[]): Float32Array {
  const reversed = normalizeAxes(dims, x.rank);
  const strides = stridesOf(x.shape);
  const base = reversed.reduce((sum, axis) => sum + (x.shape[axis]! - 1) * strides[axis]!, 0);
  const steps = strides.map((stride, axis) => (reversed.includes(axis) ? -stride : stride));
  return gather(x.data as Float32Array, x.shape, steps, base);
}

/** Every s-th element, where the slice adds and drops no axes. */
function stridedSlice(graph: Graph, node: Node<StridedSliceAttributes>): Value | undefined {
  const x = node.inputs.x!;
  const { begin, strides: every, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = node.attrs;
  const masked = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask].some(Boolean);
  if (masked || begin.some((n) => n < 0) || every.some((n) => n < 0) || begin.length !== x.rank) return undefined;
  const strides = stridesOf(x.shape);
  const base = begin.reduce((sum, n, axis) => sum + n * strides[axis]!, 0);
  const steps = strides.map((stride, axis) => stride * every[axis]!);
  return graph.constant(gather(x.data as Float32Array, node.outputs[0]!.shape, steps, base), node.outputs[0]!.shape);
}

/** A filter times a factor that is constant over runs of its elements: a scalar, [out] or [in, 1]. */
function scale(graph: Graph, filter: Value, factor: Value): Value | undefined {
  const [, , cin, cout] = fourOf(filter.shape);
  const alongOut = sameShape(factor.shape, [cout]);
  const alongIn = sameShape(factor.shape, [cin, 1]);
  if (!alongOut && !alongIn && factor.size !== 1) return undefined;
  const source = filter.data;
  const factors = factor.data;
  const result = new Float32Array(source.length);
  for (let row = 0, at = 0; at < source.length; row++) {
    for (let k = 0; k < cout; k++, at++) result[at] = source[at]! * factors[alongOut ? k : alongIn ? row % cin : 0]!;
  }
  return graph.constant(result, filter.shape);
}

/** Shapes and dtypes of a kernel's outputs, found by running it on zeros. Slow: only for kernels that are about to be reported. */
export function inferByComputing(kernel: string, inputs: Inputs, attrs: Attributes): Spec[] {
  if (!tf.getKernel(kernel, 'cpu')) throw new ComputeError('UNSUPPORTED_OPERATION', `No compiled form of the kernel ${kernel}.`, [kernel]);
  return runOnCpu(kernel, inputs, attrs, (value) => allocate(value.dtype, sizeOf(value.shape)));
}

function runOnCpu(kernel: string, inputs: Inputs, attrs: Attributes, dataOf: (value: Value) => Value['data']): HostTensor[] {
  return computeOn('cpu', () => {
    const tensors = Object.entries(inputs).map(([name, value]) => {
      return [name, tf.tensor(dataOf(value) as tf.TypedArray, [...value.shape], value.dtype)] as const;
    });
    const isList = tensors.length > 0 && tensors.every(([name], i) => name === String(i));
    const operands = isList ? (tensors.map(([, tensor]) => tensor) as unknown as tf.NamedTensorMap) : Object.fromEntries(tensors);
    const result = tf.engine().runKernel(kernel, operands, attrs as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
    return [result].flat().map(toHost);
  });
}
