/** Reductions over axes. @module */
import { fourOf } from '../layout.js';
import { NCHWC } from '../onnx.js';
import { normalizeAxes, Operation, spec } from '../operation.js';
import type { DType } from '../../../tensors/index.js';
import type { Emitter } from '../emitter.js';
import { Multiply } from './elementwise.js';
import { PadV2, Reverse, Slice } from './shapes.js';
import type { Axes, Graph, Node, Value } from '../graph.js';

/** tfjs has the axes under three names. All axes unless given. */
export type ReductionAttributes = {
  readonly axis?: Axes | null;
  readonly reductionIndices?: Axes | null;
  readonly axes?: Axes | null;
  readonly keepDims?: boolean;
};

const axesOf = (attrs: ReductionAttributes, rank: number) => normalizeAxes(attrs.axis ?? attrs.reductionIndices ?? attrs.axes, rank);

function reducedShape(x: Value, attrs: ReductionAttributes): number[] {
  const axes = axesOf(attrs, x.rank);
  return attrs.keepDims ? x.shape.map((n, i) => (axes.includes(i) ? 1 : n)) : x.shape.filter((_, i) => !axes.includes(i));
}

function reduction(name: string, op: string, outputType: (x: Value) => DType = (x) => x.dtype): Operation<ReductionAttributes> {
  return new Operation(name, {
    infer: ({ x }, attrs) => spec(reducedShape(x!, attrs), outputType(x!)),
    lower: (node, e) => lowerReduction(op, node, e),
  });
}

function lowerReduction(op: string, node: Node<ReductionAttributes>, e: Emitter): void {
  const x = node.inputs.x!;
  const output = node.outputs[0]!;
  const axes = axesOf(node.attrs, x.rank);
  if (lowerInPlace(op, node, axes, e)) return;
  const name = withType(e, e.get(x), x.dtype, computingType(op, output.dtype));
  e.set(output, withType(e, emitReduce(e, op, name, axes, Boolean(node.attrs.keepDims)), computingType(op, output.dtype), output.dtype));
}

/** Reduces a 4-D value in its own layout where the result needs no transpose. @returns whether it did. */
function lowerInPlace(op: string, node: Node<ReductionAttributes>, axes: readonly number[], e: Emitter): boolean {
  const x = node.inputs.x!;
  const output = node.outputs[0]!;
  const layout = e.layoutOf(x);
  if (layout === 'plain' || x.isConstant || x.dtype !== 'float32') return false;
  const overPixels = axes.includes(1) && axes.includes(2);
  const average = op === 'ReduceMean' || op === 'ReduceSum';
  if (layout === 'blocked') {
    if (!overPixels || axes.includes(3) || !average) return false;
    return lowerBlockedAverage(op, node, axes.includes(0), e);
  }
  const keepDims = Boolean(node.attrs.keepDims);
  // What is left must come out in the order batch, height, width, channels.
  const inOrder = overPixels || axes.includes(3) || keepDims;
  if (!inOrder) return false;
  const moved = axes.map((axis) => [0, 2, 3, 1][axis]!).sort((a, b) => a - b);
  const reduced = emitReduce(e, op, e.get(x, 'nchw'), moved, keepDims);
  e.set(output, reduced, keepDims ? 'nchw' : 'plain');
  return true;
}

/** Mean or sum over the pixels (and the batch) of a value in blocks. */
function lowerBlockedAverage(op: string, node: Node<ReductionAttributes>, overBatch: boolean, e: Emitter): boolean {
  const x = node.inputs.x!;
  const output = node.outputs[0]!;
  const [n, h, w, c] = fourOf(x.shape);
  const padded = c % e.block !== 0;
  if (padded && overBatch) return false;
  const means = e.op('GlobalAveragePool', [e.get(x, 'blocked')], {}, NCHWC);
  const scaled = op === 'ReduceMean' ? means : e.op('Mul', [means, e.scalar(h * w)]);
  if (!overBatch && node.attrs.keepDims) {
    e.set(output, scaled, 'blocked');
    return true;
  }
  const rows = padded ? e.slice(scaled, [0], [c], [1], [1]) : scaled;
  const flat = e.reshape(rows, [n, c]);
  e.set(output, overBatch ? e.reshape(emitReduce(e, op, flat, [0], false), output.shape) : flat);
  return true;
}

function emitReduce(e: Emitter, op: string, name: string, axes: readonly number[], keepDims: boolean): string {
  return e.op(op, [name, e.ints(axes)], { keepdims: Number(keepDims), noop_with_empty_axes: 1 });
}

/** onnxruntime reduces no booleans, and takes the mean of integers in integers. */
function computingType(op: string, output: DType): DType {
  return output === 'bool' ? 'int32' : op === 'ReduceMean' ? 'float32' : output;
}

function withType(e: Emitter, name: string, from: DType, to: DType): string {
  return from === to ? name : e.cast(name, to);
}

export type ArgReductionAttributes = { readonly axis: number };

/** ONNX has the same names. */
function argReduction(name: string): Operation<ArgReductionAttributes> {
  return new Operation(name, {
    infer: ({ x }, { axis }) =>
      spec(
        x!.shape.filter((_, i) => i !== normalizeAxes(axis, x!.rank)[0]),
        'int32',
      ),
    lower: (node, e) => {
      const x = node.inputs.x!;
      const axis = normalizeAxes(node.attrs.axis, x.rank)[0]!;
      e.set(node.outputs[0]!, e.cast(e.op(name, [e.get(x)], { axis, keepdims: 0 }), 'int32'));
    },
  });
}

export type CumulativeAttributes = { readonly axis?: number; readonly exclusive?: boolean; readonly reverse?: boolean };

/** Each element times the one 1, 2, 4, ... places before it: after log2 n rounds, all before it are in. */
function expandCumprod(node: Node<CumulativeAttributes>, graph: Graph): Value {
  const { axis, exclusive, reverse } = node.attrs;
  const { shape } = node.outputs[0]!;
  const at = normalizeAxes(axis, shape.length)[0]!;
  const along = (n: number, other: number) => shape.map((_, i) => (i === at ? n : other));
  const turn = (x: Value) => (reverse ? graph.op(Reverse, { x }, { dims: [at] }) : x);
  const shifted = (x: Value, by: number) => {
    const kept = graph.op(Slice, { x }, { begin: along(0, 0), size: shape.map((n, i) => (i === at ? n - by : n)) });
    return graph.op(PadV2, { x: kept }, { paddings: along(by, 0).map((before) => [before, 0] as const), constantValue: 1 });
  };
  let product = turn(node.inputs.x!);
  if (exclusive) product = shifted(product, 1);
  for (let by = 1; by < shape[at]!; by *= 2) product = graph.op(Multiply, { a: product, b: shifted(product, by) });
  return turn(product);
}

/** Sums and products of booleans count. */
const summedType = ({ dtype }: Value): DType => (dtype === 'bool' ? 'int32' : dtype);

export const All = reduction('All', 'ReduceMin', () => 'bool');
export const Any = reduction('Any', 'ReduceMax', () => 'bool');
export const ArgMax = argReduction('ArgMax');
export const ArgMin = argReduction('ArgMin');
export const Max = reduction('Max', 'ReduceMax');
export const Mean = reduction('Mean', 'ReduceMean', () => 'float32');
export const Min = reduction('Min', 'ReduceMin');
export const Prod = reduction('Prod', 'ReduceProd', summedType);
export const Sum = reduction('Sum', 'ReduceSum', summedType);

export const Cumprod = new Operation<CumulativeAttributes>('Cumprod', {
  infer: ({ x }) => spec(x!.shape, x!.dtype),
  expand: expandCumprod,
});

export const Cumsum = new Operation<CumulativeAttributes>('Cumsum', {
  infer: ({ x }) => spec(x!.shape, x!.dtype),
  lower: (node, e) => {
    const { axis, exclusive, reverse } = node.attrs;
    const name = e.get(node.inputs.x!);
    const at = normalizeAxes(axis, node.inputs.x!.rank)[0]!;
    e.set(node.outputs[0]!, e.op('CumSum', [name, e.ints([at])], { exclusive: Number(exclusive), reverse: Number(reverse) }));
  },
});
