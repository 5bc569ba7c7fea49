/** Gathers, scatters and one-hot vectors. Indices are int32 in tfjs and int64 in ONNX. @module */
import { sizeOf } from '../../../tensors/index.js';
import { normalizeAxes, Operation, spec } from '../operation.js';
import { Add } from './elementwise.js';
import { Reshape } from './shapes.js';
import type { DType } from '../../../tensors/index.js';
import type { Emitter } from '../emitter.js';
import type { Graph, Node, Value } from '../graph.js';

export type OneHotAttributes = { readonly depth: number; readonly onValue: number; readonly offValue: number; readonly dtype?: DType };

function lowerOneHot(node: Node<OneHotAttributes>, e: Emitter): void {
  const { depth, onValue, offValue } = node.attrs;
  const indices = node.inputs.indices!;
  const output = node.outputs[0]!;
  const classes = e.tensor({ type: 'int32', dims: [depth], data: Int32Array.from({ length: depth }, (_, i) => i) });
  const hot = e.op('Equal', [e.reshape(e.get(indices), [...indices.shape, 1]), classes]);
  e.set(
    output,
    onValue === 1 && offValue === 0
      ? e.cast(hot, output.dtype)
      : e.op('Where', [hot, e.scalar(onValue, output.dtype), e.scalar(offValue, output.dtype)]),
  );
}

/** Zeros of the output's shape with `updates` added at `indices`. */
function lowerScatter(node: Node, e: Emitter, indices: string, updates: string): void {
  const output = node.outputs[0]!;
  const zeros = e.op('Expand', [e.scalar(0, output.dtype), e.ints(output.shape)]);
  e.set(output, e.op('ScatterND', [zeros, e.cast(indices, 'int64'), updates], { reduction: 'add' }));
}

export type GatherAttributes = { readonly axis?: number; readonly batchDims?: number };

/** With batch dimensions, each batch gathers from rows of its own, which lie one after the other in one long list of rows. */
function expandBatchedGather(node: Node<GatherAttributes>, graph: Graph): Value | undefined {
  const batchDims = node.attrs.batchDims ?? 0;
  if (batchDims === 0) return undefined;
  const { x, indices } = node.inputs;
  const at = normalizeAxes(node.attrs.axis ?? 0, x!.rank)[0]!;
  const batches = sizeOf(x!.shape.slice(0, batchDims));
  const outer = sizeOf(x!.shape.slice(batchDims, at));
  const rows = x!.shape[at]!;
  const starts = Int32Array.from({ length: batches * outer }, (_, i) => i * rows);
  const places = graph.op(Add, {
    a: graph.op(Reshape, { x: indices! }, { shape: [batches, 1, indices!.size / batches] }),
    b: graph.constant(starts, [batches, outer, 1], 'int32'),
  });
  const list = graph.op(Reshape, { x: x! }, { shape: [batches * outer * rows, sizeOf(x!.shape.slice(at + 1))] });
  const gathered = graph.op(GatherV2, { x: list, indices: places }, { axis: 0, batchDims: 0 });
  return graph.op(Reshape, { x: gathered }, { shape: node.outputs[0]!.shape });
}

export const GatherNd = new Operation('GatherNd', {
  infer: ({ params, indices }) => {
    const depth = indices!.shape[indices!.rank - 1]!;
    return spec([...indices!.shape.slice(0, -1), ...params!.shape.slice(depth)], params!.dtype);
  },
  lower: (node, e) => e.set(node.outputs[0]!, e.op('GatherND', [e.get(node.inputs.params!), e.cast(e.get(node.inputs.indices!), 'int64')])),
});

export const GatherV2 = new Operation<GatherAttributes>('GatherV2', {
  infer: ({ x, indices }, { axis, batchDims = 0 }) => {
    const at = normalizeAxes(axis ?? 0, x!.rank)[0]!;
    return spec([...x!.shape.slice(0, at), ...indices!.shape.slice(batchDims), ...x!.shape.slice(at + 1)], x!.dtype);
  },
  expand: expandBatchedGather,
  lower: (node, e) => {
    const axis = normalizeAxes(node.attrs.axis ?? 0, node.inputs.x!.rank)[0]!;
    e.set(node.outputs[0]!, e.op('Gather', [e.get(node.inputs.x!), e.get(node.inputs.indices!)], { axis }));
  },
});

export const OneHot = new Operation<OneHotAttributes>('OneHot', {
  infer: ({ indices }, { depth, dtype }) => spec([...indices!.shape, depth], dtype ?? 'int32'),
  lower: lowerOneHot,
});

type ScatterAttributes = { readonly shape: readonly number[] };

export const ScatterNd = new Operation<ScatterAttributes>('ScatterNd', {
  infer: ({ updates }, { shape }) => spec(shape, updates!.dtype),
  lower: (node, e) => lowerScatter(node, e, e.get(node.inputs.indices!), e.get(node.inputs.updates!)),
});

type TopKAttributes = { readonly k: number };

export const TopK = new Operation<TopKAttributes>('TopK', {
  infer: ({ x }, { k }) => {
    const shape = [...x!.shape.slice(0, -1), k];
    return [spec(shape, x!.dtype), spec(shape, 'int32')];
  },
  returnsList: true,
  lower: (node, e) => {
    const { k } = node.attrs;
    const [values, indices] = e.ops('TopK', [e.get(node.inputs.x!), e.ints([k])], { axis: -1, largest: 1, sorted: 1 }, 2);
    e.set(node.outputs[0]!, values!);
    e.set(node.outputs[1]!, e.cast(indices!, 'int32'));
  },
});

type SegmentSumAttributes = { readonly numSegments: number };

export const UnsortedSegmentSum = new Operation<SegmentSumAttributes>('UnsortedSegmentSum', {
  infer: ({ x, segmentIds }, { numSegments }) => spec([numSegments, ...x!.shape.slice(segmentIds!.rank)], x!.dtype),
  lower: (node, e) => {
    const { x, segmentIds } = node.inputs;
    const rows = sizeOf(segmentIds!.shape);
    const updates = e.reshape(e.get(x!), [rows, ...x!.shape.slice(segmentIds!.rank)]);
    lowerScatter(node, e, e.reshape(e.get(segmentIds!), [rows, 1]), updates);
  },
});
