/** Gathers, scatters and one-hot vectors. Indices are int32 in tfjs and int64 in ONNX. @module */
import { ComputeError } from '../../../errors.js';
import { sizeOf } from '../../host.js';
import type { DType } from '../../types.js';
import { normalizeAxes, spec, type LoweringTable } from '../lowering.js';
import type { Emitter } from '../emitter.js';
import type { Node } from '../graph.js';

function lowerOneHot(node: Node, e: Emitter): void {
  const { depth, onValue, offValue } = node.attrs as { depth: number; onValue: number; offValue: number };
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

export const indexing: LoweringTable = {
  GatherNd: {
    infer: ({ params, indices }) => {
      const depth = indices!.shape[indices!.rank - 1]!;
      return spec([...indices!.shape.slice(0, -1), ...params!.shape.slice(depth)], params!.dtype);
    },
    lower: (node, e) =>
      e.set(node.outputs[0]!, e.op('GatherND', [e.get(node.inputs.params!), e.cast(e.get(node.inputs.indices!), 'int64')])),
  },
  GatherV2: {
    infer: ({ x, indices }, { axis, batchDims }) => {
      if (batchDims)
        throw new ComputeError('UNSUPPORTED_OPERATION', 'No compiled form of the kernel GatherV2 with batchDims.', ['GatherV2']);
      const at = normalizeAxes(axis ?? 0, x!.rank)[0]!;
      return spec([...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)], x!.dtype);
    },
    lower: (node, e) => {
      const axis = normalizeAxes(node.attrs.axis ?? 0, node.inputs.x!.rank)[0]!;
      e.set(node.outputs[0]!, e.op('Gather', [e.get(node.inputs.x!), e.get(node.inputs.indices!)], { axis }));
    },
  },
  OneHot: {
    infer: ({ indices }, { depth, dtype }) => spec([...indices!.shape, depth as number], (dtype as DType | undefined) ?? 'int32'),
    lower: lowerOneHot,
  },
  ScatterNd: {
    infer: ({ updates }, { shape }) => spec(shape as number[], updates!.dtype),
    lower: (node, e) => lowerScatter(node, e, e.get(node.inputs.indices!), e.get(node.inputs.updates!)),
  },
  TopK: {
    infer: ({ x }, { k }) => {
      const shape = [...x!.shape.slice(0, -1), k as number];
      return [spec(shape, x!.dtype), spec(shape, 'int32')];
    },
    lower: (node, e) => {
      const k = node.attrs.k as number;
      const [values, indices] = e.ops('TopK', [e.get(node.inputs.x!), e.ints([k])], { axis: -1, largest: 1, sorted: 1 }, 2);
      e.set(node.outputs[0]!, values!);
      e.set(node.outputs[1]!, e.cast(indices!, 'int32'));
    },
  },
  UnsortedSegmentSum: {
    infer: ({ x, segmentIds }, { numSegments }) => spec([numSegments as number, ...x!.shape.slice(segmentIds!.rank)], x!.dtype),
    lower: (node, e) => {
      const { x, segmentIds } = node.inputs;
      const rows = sizeOf(segmentIds!.shape);
      const updates = e.reshape(e.get(x!), [rows, ...x!.shape.slice(segmentIds!.rank)]);
      lowerScatter(node, e, e.reshape(e.get(segmentIds!), [rows, 1]), updates);
    },
  },
};
