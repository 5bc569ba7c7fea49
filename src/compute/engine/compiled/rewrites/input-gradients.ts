/** Input gradients of convolutions as forward convolutions, which onnxruntime runs several times faster than `ConvTranspose`. @module */
import { sizeOf } from '../../../tensors/index.js';
import type { ConvGradientAttributes } from '../operations/convolution-attributes.js';
import { ConvInputGradient } from '../operations/convolution-gradients.js';
import { Conv } from '../operations/convolutions.js';
import { Interleave } from '../operations/interleave.js';
import { Reverse, StridedSlice, Transpose } from '../operations/shapes.js';
import type { Graph, Value } from '../graph.js';
import { call, value } from './pattern.js';
import { type Rule, rule } from './rule.js';

/** Below this many channels of the result (images), the matrix product inside `ConvTranspose` is the faster form. */
const FEW_CHANNELS = 8;

const gradient = call(ConvInputGradient, { dy: value('dy'), filter: value('filter') }, 'node');

/** Whether a forward convolution has a form for this gradient, and is the faster one. */
function isWorthwhile(filter: Value, { groups, shape }: ConvGradientAttributes): boolean {
  return groups > 1 ? filter.shape[3] === groups : shape[3]! >= FEW_CHANNELS;
}

/** Padding along one axis. */
interface Margin {
  readonly before: number;
  readonly after: number;
}

const isPadding = ({ before, after }: Margin) => before >= 0 && after >= 0;

/** The filter turned by 180°, its channels exchanged. */
function turn(filter: Value, groups: number, graph: Graph): Value {
  const reversed = graph.op(Reverse, { x: filter }, { dims: [0, 1] });
  return groups > 1 ? reversed : graph.op(Transpose, { x: reversed }, { perm: [0, 1, 3, 2] });
}

type Convolution = Pick<ConvGradientAttributes, 'dilations' | 'groups'>;

function convolve(x: Value, filter: Value, { dilations, groups }: Convolution, rows: Margin, columns: Margin, graph: Graph): Value {
  return graph.op(
    Conv,
    { x, filter: turn(filter, groups, graph) },
    { strides: [1, 1], dilations, pads: [rows.before, columns.before, rows.after, columns.after], groups },
  );
}

/** With stride 1, as far as the turned filter reaches. */
function marginOf(attrs: ConvGradientAttributes, dy: Value, filter: Value, axis: 0 | 1): Margin {
  const reach = attrs.dilations[axis] * (filter.shape[axis]! - 1);
  return { before: reach - attrs.pads[axis], after: attrs.shape[axis + 1]! - dy.shape[axis + 1]! + attrs.pads[axis] };
}

/** Stride 1: a convolution of dy with the filter turned by 180° and its channels exchanged. */
const asConvolution = rule({
  name: 'input gradient as convolution',
  law: "conv'(dy, W) = conv(dy, turn(W)), for stride 1",
  pattern: gradient,
  condition: ({ dy, filter, node: { attrs } }) =>
    isWorthwhile(filter, attrs) &&
    sizeOf(attrs.strides) === 1 &&
    isPadding(marginOf(attrs, dy, filter, 0)) &&
    isPadding(marginOf(attrs, dy, filter, 1)),
  replacement: ({ dy, filter, node: { attrs } }, graph) =>
    convolve(dy, filter, attrs, marginOf(attrs, dy, filter, 0), marginOf(attrs, dy, filter, 1), graph),
});

interface Phase extends Margin {
  /** First tap that reads this phase, and how many do. */
  readonly first: number;
  readonly taps: number;
}

/** For x at s · j + r: Σ over m of dy[j + shift - m] · W[first + s · m]. Margins make each phase as long as the longest. */
function phase(attrs: ConvGradientAttributes, dy: Value, filter: Value, axis: 0 | 1, r: number): Phase {
  const stride = attrs.strides[axis];
  const first = (r + attrs.pads[axis]) % stride;
  const shift = (r + attrs.pads[axis] - first) / stride;
  const taps = Math.max(0, Math.ceil((filter.shape[axis]! - first) / stride));
  const length = Math.ceil(attrs.shape[axis + 1]! / stride);
  const before = taps - 1 - shift;
  return { first, taps, before, after: length - dy.shape[axis + 1]! + shift };
}

interface PhasePair {
  /** Row and column in the square of phases. */
  readonly at: string;
  readonly rows: Phase;
  readonly columns: Phase;
}

/** Phases that the filter's taps reach; others are zero. */
function phasesOf(attrs: ConvGradientAttributes, dy: Value, filter: Value): PhasePair[] {
  const along = (axis: 0 | 1) => Array.from({ length: attrs.strides[axis] }, (_, r) => phase(attrs, dy, filter, axis, r));
  const pairs = along(0).flatMap((rows, r) => along(1).map((columns, c) => ({ at: `${r},${c}`, rows, columns })));
  return pairs.filter(({ rows, columns }) => rows.taps > 0 && columns.taps > 0);
}

function everyTap(filter: Value, { rows, columns }: PhasePair, strides: readonly [number, number]) {
  return {
    begin: [rows.first, columns.first, 0, 0],
    end: [...filter.shape],
    strides: [strides[0], strides[1], 1, 1],
    beginMask: 0,
    endMask: 0,
    ellipsisMask: 0,
    newAxisMask: 0,
    shrinkAxisMask: 0,
  };
}

/**
 * Stride s: the pixels of dx at rows ≡ r and columns ≡ c (mod s) are read by every s-th tap of the filter only, so each such phase is a small
 * convolution of stride 1, and the phases interleave. No multiplication by zero, unlike a convolution of a widened dy.
 */
const asPhases = rule({
  name: 'input gradient as interleaved convolutions',
  law: "conv'(dy, W) = interleave over r, c of conv(dy, turn(W[r mod s, c mod s])), for stride s",
  pattern: gradient,
  condition({ dy, filter, node: { attrs } }, _graph, { blockSize }) {
    const channels = attrs.shape[3]!;
    if (!isWorthwhile(filter, attrs) || sizeOf(attrs.strides) === 1 || sizeOf(attrs.dilations) !== 1) return false;
    // Weaving pixels together is cheap where a pixel is a run of a whole block.
    if (blockSize === 0 || channels < blockSize || channels % 4 !== 0 || dy.shape[3]! % 4 !== 0) return false;
    const phases = phasesOf(attrs, dy, filter);
    return phases.length > 0 && phases.every(({ rows, columns }) => isPadding(rows) && isPadding(columns));
  },
  replacement({ dy, filter, node: { attrs } }, graph) {
    const { strides, groups, shape } = attrs;
    const parts = phasesOf(attrs, dy, filter).map((pair) => {
      const taps = graph.op(StridedSlice, { x: filter }, everyTap(filter, pair, strides));
      return [pair.at, convolve(dy, taps, { dilations: [1, 1], groups }, pair.rows, pair.columns, graph)] as const;
    });
    return graph.op(Interleave, Object.fromEntries(parts), { strides, shape });
  },
});

export const inputGradients: readonly Rule[] = [asConvolution, asPhases];
