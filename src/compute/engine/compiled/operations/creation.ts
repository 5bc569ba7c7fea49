/** Kernels that make tensors from nothing: all become constants while compiling. @module */
import type { DType } from '../../../tensors/index.js';
import { Operation, spec } from '../operation.js';

function likeFirst(name: string, value: number): Operation {
  return new Operation(name, {
    infer: ({ x }) => spec(x!.shape, x!.dtype),
    expand: ({ outputs }, graph) => graph.constant(value, outputs[0]!.shape, outputs[0]!.dtype),
  });
}

type FillAttributes = { readonly shape: readonly number[]; readonly value: number | boolean; readonly dtype?: DType };

export const Fill = new Operation<FillAttributes>('Fill', {
  infer: (_inputs, { shape, dtype, value }) => spec(shape, dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32')),
  expand: ({ attrs, outputs }, graph) => graph.constant(Number(attrs.value), outputs[0]!.shape, outputs[0]!.dtype),
});

type LinSpaceAttributes = { readonly num: number };

export const LinSpace = new Operation<LinSpaceAttributes>('LinSpace', { infer: (_inputs, { num }) => spec([num]) });

export const OnesLike = likeFirst('OnesLike', 1);

type RangeAttributes = { readonly start: number; readonly stop: number; readonly step?: number; readonly dtype?: DType };

export const Range = new Operation<RangeAttributes>('Range', {
  infer: (_inputs, { start, stop, step, dtype }) => {
    const count = Math.ceil((stop - start) / (step ?? 1));
    return spec([Math.max(0, count)], dtype ?? 'float32');
  },
});

export const ZerosLike = likeFirst('ZerosLike', 0);
