/** Products of matrices. @module */
import * as tf from '@tensorflow/tfjs-core';
import { ComputeError } from '../../../errors.js';
import { checkInner, matMul } from '../../dataflow/differentiable.js';
import { einsum } from '../../dataflow/einsum.js';
import type { Call, OperatorTable } from '../../dataflow/operator.js';
import { Value } from '../../dataflow/value.js';

/** `alpha · A B + beta · C`. */
function gemm(call: Call): Value {
  const { attributes } = call;
  const [a, b] = [call.input(0).plain, call.input(1).plain];
  const [transA, transB] = [attributes.flag('transA'), attributes.flag('transB')];
  if (a.rank !== 2 || b.rank !== 2) throw new ComputeError('INVALID_MODEL', 'it multiplies matrices only');
  checkInner(a.shape[transA ? 0 : 1]!, b.shape[transB ? 1 : 0]!);
  const product = tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, transA, transB);
  const scaled = times(product, attributes.number('alpha', 1));
  return Value.plain(call.has(2) ? tf.add(scaled, times(call.input(2).plain, attributes.number('beta', 1))) : scaled);
}

const times = (x: tf.Tensor, factor: number) => (factor === 1 ? x : tf.mul(x, factor));

export const matrices: OperatorTable = {
  Einsum: {
    run(call) {
      const operands = call.inputs.map((_, i) => call.input(i).plain);
      return Value.plain(einsum(call.attributes.string('equation'), operands));
    },
  },
  Gemm: { run: gemm },
  MatMul: { run: (call) => Value.plain(matMul(call.input(0).plain, call.input(1).plain)) },
};
