/** Kernels that move elements about and are made of simpler ones that do. @module */
import { sizeOf } from '../../../tensors/index.js';
import { type LoweringTable, normalizeAxes, spec } from '../lowering.js';
import type { Attributes, Graph, Inputs, Node, Spec, Value } from '../graph.js';

/** Reads each axis of `x` at mirrored places, as a gather per padded axis. */
function mirrorPad(node: Node, graph: Graph): Value {
  const { paddings, mode } = node.attrs as { paddings: [number, number][]; mode: 'reflect' | 'symmetric' };
  const skip = mode === 'reflect' ? 1 : 0;
  return paddings.reduce((value, [before, after], axis) => {
    if (before + after === 0) return value;
    const n = value.shape[axis]!;
    const indices = Int32Array.from({ length: before + n + after }, (_, i) => {
      const at = i - before;
      return at < 0 ? -at - 1 + skip : at >= n ? 2 * n - 1 - at - skip : at;
    });
    return graph.op('GatherV2', { x: value, indices: graph.constant(indices, [indices.length], 'int32') }, { axis, batchDims: 0 });
  }, node.inputs.x!);
}

function unpack(node: Node, graph: Graph): Value[] {
  const x = node.inputs.value!;
  const axis = normalizeAxes(node.attrs.axis ?? 0, x.rank)[0]!;
  return node.outputs.map((output, i) => {
    const begin = x.shape.map((_, a) => (a === axis ? i : 0));
    const size = x.shape.map((n, a) => (a === axis ? 1 : n));
    return graph.op('Reshape', { x: graph.op('Slice', { x }, { begin, size }) }, { shape: output.shape });
  });
}

function split(node: Node, graph: Graph): Value[] {
  const x = node.inputs.x!;
  const axis = normalizeAxes(node.attrs.axis ?? 0, x.rank)[0]!;
  let start = 0;
  return node.outputs.map((output) => {
    const begin = x.shape.map((_, a) => (a === axis ? start : 0));
    start += output.shape[axis]!;
    return graph.op('Slice', { x }, { begin, size: output.shape });
  });
}

function inferSplit({ x }: Inputs, attrs: Attributes): Spec[] {
  const axis = normalizeAxes(attrs.axis ?? 0, x!.rank)[0]!;
  const given = attrs.numOrSizeSplits!;
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

function pack(node: Node, graph: Graph): Value {
  const shape = node.outputs[0]!.shape;
  const axis = normalizeAxes(node.attrs.axis ?? 0, shape.length)[0]!;
  const grown = shape.map((n, i) => (i === axis ? 1 : n));
  const parts = Object.entries(node.inputs).map(([name, x]) => [name, graph.op('Reshape', { x }, { shape: grown })] as const);
  return graph.op('Concat', Object.fromEntries(parts), { axis });
}

function spaceToBatch(node: Node, graph: Graph): Value {
  const { blockShape, paddings } = node.attrs as { blockShape: number[]; paddings: [number, number][] };
  const x = node.inputs.x!;
  const rest = x.shape.slice(1 + blockShape.length);
  const padded = graph.op('PadV2', { x }, { paddings: [[0, 0], ...paddings, ...rest.map(() => [0, 0] as const)], constantValue: 0 });
  const outer = blockShape.map((b, i) => padded.shape[i + 1]! / b);
  const split = graph.op('Reshape', { x: padded }, { shape: [x.shape[0]!, ...blockShape.flatMap((b, i) => [outer[i]!, b]), ...rest] });
  const m = blockShape.length;
  const perm = [...blockShape.map((_, i) => 2 + 2 * i), 0, ...blockShape.map((_, i) => 1 + 2 * i), ...rest.map((_, i) => 1 + 2 * m + i)];
  return graph.op(
    'Reshape',
    { x: graph.op('Transpose', { x: split }, { perm }) },
    { shape: [x.shape[0]! * sizeOf(blockShape), ...outer, ...rest] },
  );
}

function batchToSpace(node: Node, graph: Graph): Value {
  const { blockShape, crops } = node.attrs as { blockShape: number[]; crops: [number, number][] };
  const x = node.inputs.x!;
  const m = blockShape.length;
  const batch = x.shape[0]! / sizeOf(blockShape);
  const split = graph.op('Reshape', { x }, { shape: [...blockShape, batch, ...x.shape.slice(1)] });
  const rest = x.shape.slice(1 + m);
  const perm = [m, ...blockShape.flatMap((_, i) => [m + 1 + i, i]), ...rest.map((_, i) => 2 * m + 1 + i)];
  const whole = blockShape.map((b, i) => b * x.shape[1 + i]!);
  const joined = graph.op('Reshape', { x: graph.op('Transpose', { x: split }, { perm }) }, { shape: [batch, ...whole, ...rest] });
  const begin = [0, ...crops.map((c) => c[0]), ...rest.map(() => 0)];
  return graph.op('Slice', { x: joined }, { begin, size: [batch, ...whole.map((n, i) => n - crops[i]![0] - crops[i]![1]), ...rest] });
}

function depthToSpace(node: Node, graph: Graph): Value {
  const b = node.attrs.blockSize!;
  const [n, h, w, c] = node.inputs.x!.shape as [number, number, number, number];
  const split = graph.op('Reshape', { x: node.inputs.x! }, { shape: [n, h, w, b, b, c / (b * b)] });
  return graph.op('Reshape', { x: graph.op('Transpose', { x: split }, { perm: [0, 1, 3, 2, 4, 5] }) }, { shape: node.outputs[0]!.shape });
}

export const rearrangements: LoweringTable = {
  BatchToSpaceND: {
    infer: ({ x }, attrs) => {
      const { blockShape, crops } = attrs as { blockShape: number[]; crops: [number, number][] };
      const [n, ...dims] = x!.shape as [number, ...number[]];
      return spec(
        [n / sizeOf(blockShape), ...dims.map((d, i) => (i < blockShape.length ? d * blockShape[i]! - crops[i]![0] - crops[i]![1] : d))],
        x!.dtype,
      );
    },
    expand: batchToSpace,
  },
  DepthToSpace: {
    infer: ({ x }, { blockSize }) => {
      const [n, h, w, c] = x!.shape as [number, number, number, number];
      const b = blockSize!;
      return spec([n, h * b, w * b, c / (b * b)], x!.dtype);
    },
    expand: depthToSpace,
  },
  MirrorPad: {
    infer: ({ x }, { paddings }) =>
      spec(
        x!.shape.map((n, i) => n + paddings![i]![0] + paddings![i]![1]),
        x!.dtype,
      ),
    expand: mirrorPad,
  },
  Pack: {
    infer: (inputs, { axis }) => {
      const values = Object.values(inputs);
      const at = normalizeAxes(axis ?? 0, values[0]!.rank + 1)[0]!;
      return spec([...values[0]!.shape.slice(0, at), values.length, ...values[0]!.shape.slice(at)], values[0]!.dtype);
    },
    expand: pack,
  },
  SpaceToBatchND: {
    infer: ({ x }, attrs) => {
      const { blockShape, paddings } = attrs as { blockShape: number[]; paddings: [number, number][] };
      const [n, ...dims] = x!.shape as [number, ...number[]];
      return spec(
        [
          n * sizeOf(blockShape),
          ...dims.map((d, i) => (i < blockShape.length ? (d + paddings[i]![0] + paddings[i]![1]) / blockShape[i]! : d)),
        ],
        x!.dtype,
      );
    },
    expand: spaceToBatch,
  },
  SplitV: { infer: inferSplit, expand: split },
  Unpack: {
    infer: ({ value }, { axis }) => {
      const at = normalizeAxes(axis ?? 0, value!.rank)[0]!;
      const shape = value!.shape.filter((_, i) => i !== at);
      return Array.from({ length: value!.shape[at]! }, () => spec(shape, value!.dtype));
    },
    expand: unpack,
  },
};
