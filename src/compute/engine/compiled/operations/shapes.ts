/** Kernels that move elements about without computing. @module */
import { tf } from '../../tensorflow.js';
import { normalizeAxes, Operation, sameShape, spec } from '../operation.js';
import { repeatOverPixels } from './aligned.js';
import type { Emitter } from '../emitter.js';
import type { Axes, Node, Value } from '../graph.js';

export type ConcatAttributes = { readonly axis?: number };
export type ExpandDimsAttributes = { readonly dim: number };
export type PadAttributes = { readonly paddings: readonly (readonly [number, number])[]; readonly constantValue?: number };
export type ReshapeAttributes = { readonly shape: readonly number[] };
export type ReverseAttributes = { readonly dims: Axes };
/** As callers of tfjs give them: for the first axes alone, and -1 for as far as an axis goes. {@link sliceOf} has all. */
export type SliceAttributes = { readonly begin: number | readonly number[]; readonly size?: number | readonly number[] | null };
export type StridedSliceAttributes = Readonly<tf.StridedSliceAttrs>;
export type TileAttributes = { readonly reps: readonly number[] };
export type TransposeAttributes = { readonly perm: readonly number[] };
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

/** Where a slice begins on each axis of `x`, and how long it is. */
export function sliceOf(x: Value, { begin, size }: SliceAttributes): { begin: number[]; size: number[] } {
  // Of the tensor, tfjs reads the shape.
  const shaped = { shape: x.shape } as unknown as tf.Tensor;
  const [starts, sizes] = tf.slice_util.parseSliceParams(shaped, [begin].flat(), [size ?? []].flat());
  return { begin: starts!, size: sizes! };
}

function lowerSlice(node: Node<SliceAttributes>, e: Emitter): void {
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

function stridedSliceOf(x: Value, attrs: StridedSliceAttributes) {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
  return tf.slice_util.sliceInfo([...x.shape], begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
}

function concatAxis(attrs: ConcatAttributes, values: readonly Value[]): number {
  return normalizeAxes(attrs.axis ?? 0, values[0]!.rank)[0]!;
}

function lowerConcat(node: Node<ConcatAttributes>, e: Emitter): void {
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

function lowerPad(node: Node<PadAttributes>, e: Emitter): void {
  const x = node.inputs.x!;
  const layout = axisLayout(x, e);
  const paddings = inAxisOrder(node.attrs.paddings, layout);
  const pads = e.ints([...paddings.map((p) => p[0]), ...paddings.map((p) => p[1])]);
  const value = e.scalar(node.attrs.constantValue ?? 0, x.dtype);
  e.set(node.outputs[0]!, e.op('Pad', [e.get(x, layout), pads, value], { mode: 'constant' }), layout);
}

function lowerTile(node: Node<TileAttributes>, e: Emitter): void {
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
  const reps = node.attrs.reps;
  const grows = x.shape.every((n, i) => n === 1 || reps[i] === 1);
  e.set(output, grows ? e.op('Expand', [e.get(x), e.ints(output.shape)]) : e.op('Tile', [e.get(x), e.ints(reps)]));
}

function lowerReverse(node: Node<ReverseAttributes>, e: Emitter): void {
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
function lowerTranspose(node: Node<TransposeAttributes>, e: Emitter): void {
  const x = node.inputs.x!;
  const perm = node.attrs.perm;
  const output = node.outputs[0]!;
  if (sameShape(perm, TO_CHANNELS_LAST)) e.set(output, e.get(x), 'nchw');
  else if (sameShape(perm, TO_CHANNELS_FIRST) && axisLayout(x, e) === 'nchw') e.set(output, e.get(x, 'nchw'));
  else e.set(output, e.transpose(e.get(x), perm));
}

/** Inputs '0', '1' and so on. */
export const Concat = new Operation<ConcatAttributes>('Concat', {
  infer: (inputs, attrs) => {
    const values = Object.values(inputs);
    const axis = concatAxis(attrs, values);
    const total = values.reduce((sum, value) => sum + value.shape[axis]!, 0);
    const shape = values[0]!.shape.map((n, i) => (i === axis ? total : n));
    return spec(shape, values[0]!.dtype);
  },
  lower: lowerConcat,
});

export const ExpandDims = new Operation<ExpandDimsAttributes>('ExpandDims', {
  infer: ({ input }, { dim }) => {
    const at = dim < 0 ? input!.rank + 1 + dim : dim;
    return spec([...input!.shape.slice(0, at), 1, ...input!.shape.slice(at)], input!.dtype);
  },
  expand: ({ inputs, outputs }, graph) => graph.op(Reshape, { x: inputs.input! }, { shape: outputs[0]!.shape }),
});

export const Identity = new Operation('Identity', { infer: ({ x }) => spec(x!.shape, x!.dtype), expand: ({ inputs }) => inputs.x! });

export const PadV2 = new Operation<PadAttributes>('PadV2', {
  infer: ({ x }, { paddings }) => {
    const shape = x!.shape.map((n, i) => n + paddings[i]![0] + paddings[i]![1]);
    return spec(shape, x!.dtype);
  },
  lower: lowerPad,
});

export const Reshape = new Operation<ReshapeAttributes>('Reshape', {
  infer: ({ x }, { shape }) => spec(tf.util.inferFromImplicitShape([...shape], x!.size), x!.dtype),
  lower: lowerReshape,
});

export const Reverse = new Operation<ReverseAttributes>('Reverse', { infer: ({ x }) => spec(x!.shape, x!.dtype), lower: lowerReverse });

export const Slice = new Operation<SliceAttributes>('Slice', {
  infer: ({ x }, attrs) => spec(sliceOf(x!, attrs).size, x!.dtype),
  lower: lowerSlice,
});

export const StridedSlice = new Operation<StridedSliceAttributes>('StridedSlice', {
  infer: ({ x }, attrs) => spec(stridedSliceOf(x!, attrs).finalShape, x!.dtype),
  lower: (node, e) => {
    const x = node.inputs.x!;
    const { begin, end, strides, finalShape } = stridedSliceOf(x, node.attrs);
    const ends = end.map((n, i) => (strides[i]! < 0 && n < 0 ? -x.shape[i]! - 1 : n));
    e.set(node.outputs[0]!, e.reshape(e.slice(e.get(x), begin, ends, allAxes(begin.length), strides), finalShape));
  },
});

export const Tile = new Operation<TileAttributes>('Tile', {
  infer: ({ x }, { reps }) => {
    const shape = x!.shape.map((n, i) => n * reps[i]!);
    return spec(shape, x!.dtype);
  },
  lower: lowerTile,
});

export const Transpose = new Operation<TransposeAttributes>('Transpose', {
  infer: ({ x }, { perm }) => {
    const shape = perm.map((axis) => x!.shape[axis]!);
    return spec(shape, x!.dtype);
  },
  lower: lowerTranspose,
});
