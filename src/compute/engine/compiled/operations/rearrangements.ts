/** Kernels that move elements about and are made of simpler ones that do. @module */
import { fourOf } from '../layout.js';
import { sizeOf } from '../../../tensors/index.js';
import { normalizeAxes, Operation, spec } from '../operation.js';
import { GatherV2 } from './indexing.js';
import { Concat, type PadAttributes, PadV2, Reshape, Slice, Transpose } from './shapes.js';
import type { Graph, Inputs, Node, Spec, Value } from '../graph.js';

type MirrorPadAttributes = Pick<PadAttributes, 'paddings'> & { readonly mode: 'reflect' | 'symmetric' };
type AxisAttributes = { readonly axis?: number };
type SplitAttributes = AxisAttributes & { readonly numOrSizeSplits: number | readonly number[] };
type SpaceToBatchAttributes = Pick<PadAttributes, 'paddings'> & { readonly blockShape: readonly number[] };
type BatchToSpaceAttributes = { readonly blockShape: readonly number[]; readonly crops: PadAttributes['paddings'] };
type DepthToSpaceAttributes = { readonly blockSize: number };

/** Reads each axis of `x` at mirrored places, as a gather per padded axis. */
function mirrorPad(node: Node<MirrorPadAttributes>, graph: Graph): Value {
  const { paddings, mode } = node.attrs;
  const skip = mode === 'reflect' ? 1 : 0;
  return paddings.reduce<Value>((value, [before, after], axis) => {
    if (before + after === 0) return value;
    const n = value.shape[axis]!;
    const indices = Int32Array.from({ length: before + n + after }, (_, i) => {
      const at = i - before;
      return at < 0 ? -at - 1 + skip : at >= n ? 2 * n - 1 - at - skip : at;
    });
    return graph.op(GatherV2, { x: value, indices: graph.constant(indices, [indices.length], 'int32') }, { axis, batchDims: 0 });
  }, node.inputs.x!);
}

function unpack(node: Node<AxisAttributes>, graph: Graph): Value[] {
  const x = node.inputs.value!;
  const axis = normalizeAxes(node.attrs.axis ?? 0, x.rank)[0]!;
  return node.outputs.map((output, i) => {
    const begin = x.shape.map((_, a) => (a === axis ? i : 0));
    const size = x.shape.map((n, a) => (a === axis ? 1 : n));
    return graph.op(Reshape, { x: graph.op(Slice, { x }, { begin, size }) }, { shape: output.shape });
  });
}

function split(node: Node<SplitAttributes>, graph: Graph): Value[] {
  const x = node.inputs.x!;
  const axis = normalizeAxes(node.attrs.axis ?? 0, x.rank)[0]!;
  let start = 0;
  return node.outputs.map((output) => {
    const begin = x.shape.map((_, a) => (a === axis ? start : 0));
    start += output.shape[axis]!;
    return graph.op(Slice, { x }, { begin, size: output.shape });
  });
}

function inferSplit({ x }: Inputs, attrs: SplitAttributes): Spec[] {
  const axis = normalizeAxes(attrs.axis ?? 0, x!.rank)[0]!;
  const given = attrs.numOrSizeSplits;
  const total = x!.shape[axis]!;
  const sizes =
    typeof given === 'number'
      ? Array.from({ length: given }, () => total / given)
      : given.map((n) => (n < 0 ? total - sizeOfKnown(given) : n));
  return sizes.map((n) =>
    spec(
      x!.shape.map((d, i) => (i === axis ? n : d)),
      x!.dtype,
    ),
  );
}

const sizeOfKnown = (sizes: readonly number[]) => sizes.reduce((sum, n) => sum + Math.max(0, n), 0);

function pack(node: Node<AxisAttributes>, graph: Graph): Value {
  const shape = node.outputs[0]!.shape;
  const axis = normalizeAxes(node.attrs.axis ?? 0, shape.length)[0]!;
  const grown = shape.map((n, i) => (i === axis ? 1 : n));
  const parts = Object.entries(node.inputs).map(([name, x]) => [name, graph.op(Reshape, { x }, { shape: grown })] as const);
  return graph.op(Concat, Object.fromEntries(parts), { axis });
}

function spaceToBatch(node: Node<SpaceToBatchAttributes>, graph: Graph): Value {
  const { blockShape, paddings } = node.attrs;
  const x = node.inputs.x!;
  const rest = x.shape.slice(1 + blockShape.length);
  const padded = graph.op(PadV2, { x }, { paddings: [[0, 0], ...paddings, ...rest.map(() => [0, 0] as const)], constantValue: 0 });
  const outer = blockShape.map((b, i) => padded.shape[i + 1]! / b);
  const split = graph.op(Reshape, { x: padded }, { shape: [x.shape[0]!, ...blockShape.flatMap((b, i) => [outer[i]!, b]), ...rest] });
  const m = blockShape.length;
  const perm = [...blockShape.map((_, i) => 2 + 2 * i), 0, ...blockShape.map((_, i) => 1 + 2 * i), ...rest.map((_, i) => 1 + 2 * m + i)];
  return graph.op(
    Reshape,
    { x: graph.op(Transpose, { x: split }, { perm }) },
    { shape: [x.shape[0]! * sizeOf(blockShape), ...outer, ...rest] },
  );
}

function batchToSpace(node: Node<BatchToSpaceAttributes>, graph: Graph): Value {
  const { blockShape, crops } = node.attrs;
  const x = node.inputs.x!;
  const m = blockShape.length;
  const batch = x.shape[0]! / sizeOf(blockShape);
  const split = graph.op(Reshape, { x }, { shape: [...blockShape, batch, ...x.shape.slice(1)] });
  const rest = x.shape.slice(1 + m);
  const perm = [m, ...blockShape.flatMap((_, i) => [m + 1 + i, i]), ...rest.map((_, i) => 2 * m + 1 + i)];
  const whole = blockShape.map((b, i) => b * x.shape[1 + i]!);
  const joined = graph.op(Reshape, { x: graph.op(Transpose, { x: split }, { perm }) }, { shape: [batch, ...whole, ...rest] });
  const begin = [0, ...crops.map((c) => c[0]), ...rest.map(() => 0)];
  return graph.op(Slice, { x: joined }, { begin, size: [batch, ...whole.map((n, i) => n - crops[i]![0] - crops[i]![1]), ...rest] });
}

function depthToSpace(node: Node<DepthToSpaceAttributes>, graph: Graph): Value {
  const b = node.attrs.blockSize;
  const [n, h, w, c] = fourOf(node.inputs.x!.shape);
  const split = graph.op(Reshape, { x: node.inputs.x! }, { shape: [n, h, w, b, b, c / (b * b)] });
  return graph.op(Reshape, { x: graph.op(Transpose, { x: split }, { perm: [0, 1, 3, 2, 4, 5] }) }, { shape: node.outputs[0]!.shape });
}

/** A length after padding, or cropping. */
const grown = (length: number, [before, after]: readonly [number, number]) => length + before + after;
const shrunk = (length: number, [before, after]: readonly [number, number]) => length - before - after;

export const BatchToSpaceND = new Operation<BatchToSpaceAttributes>('BatchToSpaceND', {
  infer: ({ x }, { blockShape, crops }) => {
    const [batch, ...dims] = x!.shape;
    return spec(
      [batch! / sizeOf(blockShape), ...dims.map((d, i) => (i < blockShape.length ? shrunk(d * blockShape[i]!, crops[i]!) : d))],
      x!.dtype,
    );
  },
  expand: batchToSpace,
});

export const DepthToSpace = new Operation<DepthToSpaceAttributes>('DepthToSpace', {
  infer: ({ x }, { blockSize: b }) => {
    const [n, h, w, c] = fourOf(x!.shape);
    return spec([n, h * b, w * b, c / (b * b)], x!.dtype);
  },
  expand: depthToSpace,
});

export const MirrorPad = new Operation<MirrorPadAttributes>('MirrorPad', {
  infer: ({ x }, { paddings }) => {
    const shape = x!.shape.map((n, i) => grown(n, paddings[i]!));
    return spec(shape, x!.dtype);
  },
  expand: mirrorPad,
});

export const Pack = new Operation<AxisAttributes>('Pack', {
  infer: (inputs, { axis }) => {
    const values = Object.values(inputs);
    const at = normalizeAxes(axis ?? 0, values[0]!.rank + 1)[0]!;
    return spec([...values[0]!.shape.slice(0, at), values.length, ...values[0]!.shape.slice(at)], values[0]!.dtype);
  },
  expand: pack,
});

export const SpaceToBatchND = new Operation<SpaceToBatchAttributes>('SpaceToBatchND', {
  infer: ({ x }, { blockShape, paddings }) => {
    const [batch, ...dims] = x!.shape;
    return spec(
      [batch! * sizeOf(blockShape), ...dims.map((d, i) => (i < blockShape.length ? grown(d, paddings[i]!) / blockShape[i]! : d))],
      x!.dtype,
    );
  },
  expand: spaceToBatch,
});

export const SplitV = new Operation<SplitAttributes>('SplitV', { infer: inferSplit, returnsList: true, expand: split });

export const Unpack = new Operation<AxisAttributes>('Unpack', {
  infer: ({ value }, { axis }) => {
    const at = normalizeAxes(axis ?? 0, value!.rank)[0]!;
    const shape = value!.shape.filter((_, i) => i !== at);
    return Array.from({ length: value!.shape[at]! }, () => spec(shape, value!.dtype));
  },
  returnsList: true,
  expand: unpack,
});
