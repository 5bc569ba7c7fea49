/** Kernels that move elements about without computing. @module */
import { tf } from '../../tensorflow.js';
import { normalizeAxes, sameShape, spec, type LoweringTable } from '../lowering.js';
import { repeatOverPixels } from './aligned.js';
import type { Emitter } from '../emitter.js';
import type { Attributes, Node, Value } from '../graph.js';
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
  const [begin, size] = tf.slice_util.parseSliceParams(shaped, attrs.begin!, attrs.size as number[]);
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
  return tf.slice_util.sliceInfo([...x.shape], begin!, end!, strides!, beginMask!, endMask!, ellipsisMask!, newAxisMask!, shrinkAxisMask!);
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
  const paddings = inAxisOrder(node.attrs.paddings!, layout);
  const pads = e.ints([...paddings.map((p) => p[0]), ...paddings.map((p) => p[1])]);
  const value = e.scalar(node.attrs.constantValue ?? 0, x.dtype);
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
  const reps = node.attrs.reps!;
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

const TO_CHANNELS_FIRST = [0, 3, 1, 2];
const TO_CHANNELS_LAST = [0, 2, 3, 1];

/** Nothing moves where the elements already lie in the new order, or may stay as they lie in `nchw`. */
function lowerTranspose(node: Node, e: Emitter): void {
  const x = node.inputs.x!;
  const perm = node.attrs.perm!;
  const output = node.outputs[0]!;
  if (sameShape(perm, TO_CHANNELS_LAST)) e.set(output, e.get(x), 'nchw');
  else if (sameShape(perm, TO_CHANNELS_FIRST) && axisLayout(x, e) === 'nchw') e.set(output, e.get(x, 'nchw'));
  else e.set(output, e.transpose(e.get(x), perm));
}

export const shapes: LoweringTable = {
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
  ExpandDims: {
    infer: ({ input }, { dim }) => {
      const at = dim! < 0 ? input!.rank + 1 + dim! : dim!;
      return spec([...input!.shape.slice(0, at), 1, ...input!.shape.slice(at)], input!.dtype);
    },
    expand: ({ inputs, outputs }, graph) => graph.op('Reshape', { x: inputs.input! }, { shape: outputs[0]!.shape }),
  },
  Identity: { infer: ({ x }) => spec(x!.shape, x!.dtype), expand: ({ inputs }) => inputs.x! },
  PadV2: {
    infer: ({ x }, { paddings }) =>
      spec(
        x!.shape.map((n, i) => n + paddings![i]![0] + paddings![i]![1]),
        x!.dtype,
      ),
    lower: lowerPad,
  },
  Reshape: {
    infer: ({ x }, { shape }) => spec(tf.util.inferFromImplicitShape([...shape!], x!.size), x!.dtype),
    lower: lowerReshape,
  },
  Reverse: { infer: ({ x }) => spec(x!.shape, x!.dtype), lower: lowerReverse },
  Slice: { infer: ({ x }, attrs) => spec(sliceOf(x!, attrs).size, x!.dtype), lower: lowerSlice },
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
        x!.shape.map((n, i) => n * reps![i]!),
        x!.dtype,
      ),
    lower: lowerTile,
  },
  Transpose: {
    infer: ({ x }, { perm }) =>
      spec(
        perm!.map((axis) => x!.shape[axis]!),
        x!.dtype,
      ),
    lower: lowerTranspose,
  },
};
