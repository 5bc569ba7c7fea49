/** Matrix products. @module */
import { broadcastShape, Operation, spec } from '../operation.js';
import type { Emitter } from '../emitter.js';
import type { Node, Value } from '../graph.js';

export type MatrixProductAttributes = {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** What `bias` is multiplied by; 1 unless given. */
  readonly beta?: number;
};

/** Two-dimensional products are a Gemm, which transposes while it packs; `bias` times `beta` (both from the optimizer) is added, over the rows if a vector. */
function lowerMatMul(node: Node<MatrixProductAttributes>, e: Emitter): void {
  const { a, b, bias } = node.inputs;
  const transA = Number(Boolean(node.attrs.transposeA));
  const transB = Number(Boolean(node.attrs.transposeB));
  const output = node.outputs[0]!;
  if (a!.rank === 2 && b!.rank === 2) {
    const operands = [e.get(a!), e.get(b!), ...(bias ? [e.get(bias)] : [])];
    e.set(output, e.op('Gemm', operands, { transA, transB, ...(bias && { beta: { float: node.attrs.beta ?? 1 } }) }));
    return;
  }
  e.set(output, e.op('MatMul', [transA ? swapLast(a!, e) : e.get(a!), transB ? swapLast(b!, e) : e.get(b!)]));
}

function swapLast(x: Value, e: Emitter): string {
  const axes = x.shape.map((_, i) => i);
  return e.transpose(e.get(x), [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/** Inputs: `a`, `b`, and from the optimizer `bias`. */
export const BatchMatMul = new Operation<MatrixProductAttributes>('BatchMatMul', {
  infer: ({ a, b }, { transposeA, transposeB }) => {
    const rows = a!.shape[a!.rank - (transposeA ? 1 : 2)]!;
    const columns = b!.shape[b!.rank - (transposeB ? 2 : 1)]!;
    return spec([...broadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), rows, columns], a!.dtype);
  },
  lower: lowerMatMul,
});
