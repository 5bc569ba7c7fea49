/** Input gradients of convolutions as forward convolutions, which onnxruntime runs several times faster than `ConvTranspose`. @module */
import { sizeOf } from '../../../tensors/index.js';
import type { Target } from '../emitter.js';
import type { Graph, Node, Value } from '../graph.js';
import type { ConvAttributes } from '../lowerings/convolutions.js';
import type { ConvGradientAttributes } from '../lowerings/convolution-attributes.js';
import type { Rule, RuleTable } from './rewrite.js';

/** Below this many channels of the result (images), the matrix product inside `ConvTranspose` is the faster form. */
const FEW_CHANNELS = 8;

const asConvolutions: Rule = (node, graph, target) => {
  const attrs = node.attrs as ConvGradientAttributes;
  const depthwise = attrs.groups > 1;
  if (depthwise && node.inputs.filter!.shape[3] !== attrs.groups) return undefined;
  if (!depthwise && attrs.shape[3]! < FEW_CHANNELS) return undefined;
  if (sizeOf(attrs.strides) === 1) return flipped(node, attrs, graph);
  return phases(node, attrs, graph, target);
};

/** Stride 1: a convolution of dy with the filter turned by 180° and its channels exchanged. */
function flipped(node: Node, attrs: ConvGradientAttributes, graph: Graph): Value | undefined {
  const { dy, filter } = node.inputs;
  const pads = [0, 1].map((axis) => {
    const reach = attrs.dilations[axis]! * (filter!.shape[axis]! - 1);
    return { before: reach - attrs.pads[axis]!, after: attrs.shape[axis + 1]! - dy!.shape[axis + 1]! + attrs.pads[axis]! };
  });
  return convolve(dy!, turn(filter!, attrs.groups, graph), attrs, pads, graph);
}

function turn(filter: Value, groups: number, graph: Graph): Value {
  const reversed = graph.op('Reverse', { x: filter }, { dims: [0, 1] });
  return groups > 1 ? reversed : graph.op('Transpose', { x: reversed }, { perm: [0, 1, 3, 2] });
}

interface Margin {
  readonly before: number;
  readonly after: number;
}

function convolve(
  dy: Value,
  filter: Value,
  { dilations, groups }: ConvGradientAttributes,
  margins: readonly Margin[],
  graph: Graph,
): Value | undefined {
  const [rows, columns] = margins as [Margin, Margin];
  const pads: ConvAttributes['pads'] = [rows.before, columns.before, rows.after, columns.after];
  if (pads.some((n) => n < 0)) return undefined;
  return graph.op('Conv', { x: dy, filter }, { strides: [1, 1], dilations, pads, groups });
}

/**
 * Stride s: the pixels of dx at rows ≡ r and columns ≡ c (mod s) are read by every s-th tap of the filter only, so each such phase is a small
 * convolution of stride 1, and the phases interleave. No multiplication by zero, unlike a convolution of a widened dy.
 */
function phases(node: Node, attrs: ConvGradientAttributes, graph: Graph, { blockSize }: Target): Value | undefined {
  const { dy, filter } = node.inputs;
  const channels = attrs.shape[3]!;
  // Weaving pixels together is cheap where a pixel is a run of a whole block.
  if (blockSize === 0 || channels < blockSize || channels % 4 !== 0 || dy!.shape[3]! % 4 !== 0 || sizeOf(attrs.dilations) !== 1)
    return undefined;
  const parts: Record<string, Value> = {};
  for (let r = 0; r < attrs.strides[0]; r++) {
    for (let c = 0; c < attrs.strides[1]; c++) {
      const axes = [phase(attrs, dy!, filter!, 0, r), phase(attrs, dy!, filter!, 1, c)] as const;
      if (axes.some((axis) => axis.taps === 0)) continue;
      const taps = graph.op('StridedSlice', { x: filter! }, everyTap(filter!, axes, attrs.strides));
      const part = convolve(dy!, turn(taps, attrs.groups, graph), { ...attrs, dilations: [1, 1] }, axes, graph);
      if (!part) return undefined;
      parts[`${r},${c}`] = part;
    }
  }
  if (Object.keys(parts).length === 0) return undefined;
  return graph.op('Interleave', parts, { strides: attrs.strides, shape: attrs.shape });
}

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

function everyTap(filter: Value, [rows, columns]: readonly [Phase, Phase], strides: readonly [number, number]) {
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

export const inputGradients: RuleTable = { ConvInputGradient: [asConvolutions] };
