/** Kernels that move elements about without computing. @module */
import { tf } from '../../tensorflow.js';
import { sizeOf } from '../../host.js';
import { normalizeAxes, sameShape, spec, type LoweringTable } from '../lowering.js';
import { repeatOverPixels } from './aligned.js';
import type { Emitter } from '../emitter.js';
import type { Attributes, Graph, Inputs, Node, Spec, Value } from '../graph.js';
import type { Layout } from '../layout.js';

/** The layout of a value if its axes may be treated one by one there: blocks split the channel axis, so only `nchw` and `plain` do. */
function axisLayout(x: Value, e: Emitter): Layout {
  return x.rank === 4 && !x.isConstant && e.layoutOf(x) !== 'plain' ? 'nchw' : 'plain';
}

/** Per-axis settings in the order of the layout's axes. */
function inAxisOrder<T>(perAxis: readonly T[], layout: Layout): T[] {
  return layout === 'plain' ? [...perAxis] : [perAxis[0]!, perAxis[3]!, perAxis[1]!, perAxis[2]!];
}

const allAxes = (rank: number) => Array.from({ length: rank }, (_, i) => i);

function sliceOf(x: Value, attrs: Attributes): { begin: number[]; size: number[] } {
  const shaped = { shape: x.shape, rank: x.rank } as unknown as tf.Tensor;
  const [begin, size] = tf.slice_util.parseSliceParams(shaped, attrs.begin as number[], attrs.size as number[]);
  return { begin: begin!, size: size! };
}

function lowerSlice(node: Node, e: Emitter): void {
  const x = node.inputs.x!;
  const { begin, size } = sliceOf(x, node.attrs);
  const wholeBlocks =
    x.rank === 4 &&
    !x.isConstant &&
    e.layoutOf(x) === 'blocked' &&
    sameShape([x.shape[1]!, x.shape[2]!], size.slice(1, 3)) &&
    [begin[3]!, size[3]!, x.shape[3]!].every((n) => n % e.block === 0);
  const layout = wholeBlocks ? 'blocked' : axisLayout(x, e);
  const starts = inAxisOrder(begin, layout);
  const ends = inAxisOrder(
    begin.map((b, i) => b + size[i]!),
    layout,
  );
  const axes = allAxes(x.rank);
  e.set(
    node.outputs[0]!,
    x.rank === 0
      ? e.get(x)
      : e.slice(
          e.get(x, layout),
          starts,
          ends,
          axes,
          axes.map(() => 1),
        ),
    layout,
  );
}

function stridedSliceOf(x: Value, attrs: Attributes) {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs as Record<string, number & number[]>;
  return tf.slice_util.sliceInfo(
    x.shape as number[],
    begin!,
    end!,
    strides!,
    beginMask!,
    endMask!,
    ellipsisMask!,
    newAxisMask!,
    shrinkAxisMask!,
  );
}

function concatAxis(attrs: Attributes, values: readonly Value[]): number {
  return normalizeAxes(attrs.axis ?? 0, values[0]!.rank)[0]!;
}

function lowerConcat(node: Node, e: Emitter): void {
  const output = node.outputs[0]!;
  const all = Object.values(node.inputs);
  const axis = concatAxis(node.attrs, all);
  const values = all.filter((value) => value.size > 0);
  const layouts = new Set(values.filter((value) => !value.isConstant).map((value) => e.layoutOf(value)));
  const wholeBlocks = axis === 0 || (axis === 3 && values.every((value) => value.shape[3]! % e.block === 0));
  const layout =
    output.rank !== 4 || layouts.has('plain') || layouts.size === 0 ? 'plain' : layouts.has('blocked') && wholeBlocks ? 'blocked' : 'nchw';
  const at = layout === 'plain' ? axis : [0, 2, 3, 1][axis]!;
  e.set(
    output,
    e.op(
      'Concat',
      values.map((value) => e.get(value, layout)),
      { axis: at },
    ),
    layout,
  );
}

function lowerPad(node: Node, e: Emitter): void {
  const x = node.inputs.x!;
  const layout = axisLayout(x, e);
  const paddings = inAxisOrder(node.attrs.paddings as [number, number][], layout);
  const pads = e.ints([...paddings.map((p) => p[0]), ...paddings.map((p) => p[1])]);
  const value = e.scalar((node.attrs.constantValue as number | undefined) ?? 0, x.dtype);
  e.set(node.outputs[0]!, e.op('Pad', [e.get(x, layout), pads, value], { mode: 'constant' }), layout);
}

function lowerTile(node: Node, e: Emitter): void {
  const x = node.inputs.x!;
  const output = node.outputs[0]!;
  const overPixels =
    x.rank === 4 &&
    x.dtype === 'float32' &&
    x.shape[1]! * x.shape[2]! === 1 &&
    x.shape[0] === output.shape[0] &&
    x.shape[3] === output.shape[3];
  if (overPixels && e.isBlockable(output.shape)) {
    e.set(output, repeatOverPixels(e.get(x, 'blocked'), output, e), 'blocked');
    return;
  }
  const reps = node.attrs.reps as number[];
  const grows = x.shape.every((n, i) => n === 1 || reps[i] === 1);
  e.set(output, grows ? e.op('Expand', [e.get(x), e.ints(output.shape)]) : e.op('Tile', [e.get(x), e.ints(reps)]));
}

function lowerReverse(node: Node, e: Emitter): void {
  const x = node.inputs.x!;
  const axes = normalizeAxes(node.attrs.dims, x.rank);
  const ends = axes.map((axis) => -x.shape[axis]! - 1);
  e.set(
    node.outputs[0]!,
    e.slice(
      e.get(x),
      axes.map(() => -1),
      ends,
      axes,
      axes.map(() => -1),
    ),
  );
}

function lowerReshape(node: Node, e: Emitter): void {
  const x = node.inputs.x!;
  const onePixel = x.rank === 4 && x.shape[1]! * x.shape[2]! === 1 && !x.isConstant && e.layoutOf(x) === 'nchw';
  e.set(node.outputs[0]!, e.reshape(e.get(x, onePixel ? 'nchw' : 'plain'), node.outputs[0]!.shape));
}

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
  const given = attrs.numOrSizeSplits as number | number[];
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

const sizeOfKnown = (sizes: number[]) => sizes.reduce((sum, n) => sum + Math.max(0, n), 0);

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
  const padded = graph.op('PadV2', { x }, { paddings: [[0, 0], ...paddings, ...rest.map(() => [0, 0])], constantValue: 0 });
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
  const b = node.attrs.blockSize as number;
  const [n, h, w, c] = node.inputs.x!.shape as [number, number, number, number];
  const split = graph.op('Reshape', { x: node.inputs.x! }, { shape: [n, h, w, b, b, c / (b * b)] });
  return graph.op('Reshape', { x: graph.op('Transpose', { x: split }, { perm: [0, 1, 3, 2, 4, 5] }) }, { shape: node.outputs[0]!.shape });
}

/** Shape of kernels that `expand` replaces, found from the expansion on a graph of its own. */
function fromExpansion(expand: (node: Node, graph: Graph) => Value) {
  return {
    infer: (inputs: Inputs, attrs: Attributes): Spec => expand({ kernel: '', inputs, attrs, outputs: [] }, shapeGraph()),
    expand,
  };
}

/** A graph for shapes alone, of the few kernels that expansions here are made of. */
function shapeGraph(): Graph {
  const op = (kernel: string, inputs: Inputs, attrs: Attributes): Value => {
    const { shape } = (shapes[kernel] ?? neverUsed).infer(inputs, attrs) as Spec;
    return { shape, rank: shape.length, dtype: inputs.x!.dtype } as Value;
  };
  return { op } as unknown as Graph;
}

const neverUsed = { infer: (): Spec => spec([]) };

export const shapes: LoweringTable = {
  BatchToSpaceND: fromExpansion(batchToSpace),
  Concat: {
    infer: (inputs, attrs) => {
      const values = Object.values(inputs);
      const axis = concatAxis(attrs, values);
      const total = values.reduce((sum, value) => sum + value.shape[axis]!, 0);
      return spec(
        values[0]!.shape.map((n, i) => (i === axis ? total : n)),
        values[0]!.dtype,
      );
    },
    lower: lowerConcat,
  },
  DepthToSpace: {
    infer: ({ x }, { blockSize }) => {
      const [n, h, w, c] = x!.shape as [number, number, number, number];
      const b = blockSize as number;
      return spec([n, h * b, w * b, c / (b * b)], x!.dtype);
    },
    expand: depthToSpace,
  },
  ExpandDims: {
    infer: ({ input }, { dim }) => {
      const at = (dim as number) < 0 ? input!.rank + 1 + (dim as number) : (dim as number);
      return spec([...input!.shape.slice(0, at), 1, ...input!.shape.slice(at)], input!.dtype);
    },
    expand: ({ inputs, outputs }, graph) => graph.op('Reshape', { x: inputs.input! }, { shape: outputs[0]!.shape }),
  },
  Identity: { infer: ({ x }) => spec(x!.shape, x!.dtype), expand: ({ inputs }) => inputs.x! },
  MirrorPad: {
    infer: ({ x }, { paddings }) =>
      spec(
        x!.shape.map((n, i) => n + (paddings as [number, number][])[i]![0] + (paddings as [number, number][])[i]![1]),
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
  PadV2: {
    infer: ({ x }, { paddings }) =>
      spec(
        x!.shape.map((n, i) => n + (paddings as [number, number][])[i]![0] + (paddings as [number, number][])[i]![1]),
        x!.dtype,
      ),
    lower: lowerPad,
  },
  Reshape: {
    infer: ({ x }, { shape }) => spec(tf.util.inferFromImplicitShape(shape as number[], x!.size), x!.dtype),
    lower: lowerReshape,
  },
  Reverse: { infer: ({ x }) => spec(x!.shape, x!.dtype), lower: lowerReverse },
  Slice: { infer: ({ x }, attrs) => spec(sliceOf(x!, attrs).size, x!.dtype), lower: lowerSlice },
  SpaceToBatchND: fromExpansion(spaceToBatch),
  SplitV: { infer: inferSplit, expand: split },
  StridedSlice: {
    infer: ({ x }, attrs) => spec(stridedSliceOf(x!, attrs).finalShape, x!.dtype),
    lower: (node, e) => {
      const x = node.inputs.x!;
      const { begin, end, strides, finalShape } = stridedSliceOf(x, node.attrs);
      const ends = end.map((n, i) => (strides[i]! < 0 && n < 0 ? -x.shape[i]! - 1 : n));
      e.set(node.outputs[0]!, e.reshape(e.slice(e.get(x), begin, ends, allAxes(begin.length), strides), finalShape));
    },
  },
  Tile: {
    infer: ({ x }, { reps }) =>
      spec(
        x!.shape.map((n, i) => n * (reps as number[])[i]!),
        x!.dtype,
      ),
    lower: lowerTile,
  },
  Transpose: {
    infer: ({ x }, { perm }) =>
      spec(
        (perm as number[]).map((axis) => x!.shape[axis]!),
        x!.dtype,
      ),
    lower: (node, e) => e.set(node.outputs[0]!, e.transpose(e.get(node.inputs.x!), node.attrs.perm as number[])),
  },
  Unpack: {
    infer: ({ value }, { axis }) => {
      const at = normalizeAxes(axis ?? 0, value!.rank)[0]!;
      const shape = value!.shape.filter((_, i) => i !== at);
      return Array.from({ length: value!.shape[at]! }, () => spec(shape, value!.dtype));
    },
    expand: unpack,
  },
};
