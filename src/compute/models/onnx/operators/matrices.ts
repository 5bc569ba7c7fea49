/** Products of matrices. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../tensors/index.js';
import { ComputeError } from '../../../errors.js';
import { checkInner, matMul } from '../../dataflow/differentiable.js';
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

interface Term {
  readonly labels: readonly string[];
  readonly x: tf.Tensor;
}

/** Einstein summation of one or more values, from left to right, without repeated labels within one value. */
function einsum(call: Call): Value {
  const [left = '', right] = call.attributes.string('equation').replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (
    terms.length !== call.inputs.length ||
    !/^[A-Za-z,]*$/.test(left + (right ?? '')) ||
    terms.some((term) => new Set(term).size !== term.length)
  ) {
    throw new ComputeError('UNSUPPORTED_OPERATION', `the equation ${call.attributes.string('equation')} is not supported`);
  }
  const counts = new Map<string, number>();
  for (const label of terms.join('')) counts.set(label, (counts.get(label) ?? 0) + 1);
  const output = [
    ...(right ??
      [...counts]
        .filter(([, count]) => count === 1)
        .map(([label]) => label)
        .sort()
        .join('')),
  ];
  let result: Term = { labels: [...terms[0]!], x: call.input(0).plain };
  for (let i = 1; i < terms.length; i++) {
    const later = new Set([...terms.slice(i + 1).join(''), ...output]);
    result = contract(result, { labels: [...terms[i]!], x: call.input(i).plain }, later);
  }
  const summed = result.labels.flatMap((label, axis) => (output.includes(label) ? [] : [axis]));
  const kept = result.labels.filter((label) => output.includes(label));
  const x = summed.length > 0 ? tf.sum(result.x, summed) : result.x;
  return Value.plain(
    tf.transpose(
      x,
      output.map((label) => kept.indexOf(label)),
    ),
  );
}

/** One product of matrices: labels that both have and that are needed later are batch axes; those not needed are summed over. */
function contract(a: Term, b: Term, later: ReadonlySet<string>): Term {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => later.has(label));
  const summed = shared.filter((label) => !later.has(label));
  const freeA = a.labels.filter((label) => !shared.includes(label));
  const freeB = b.labels.filter((label) => !shared.includes(label));
  const arranged = ({ labels, x }: Term, ...groups: readonly (readonly string[])[]) => {
    const sizes = groups.map((group) => sizeOf(group.map((label) => x.shape[labels.indexOf(label)]!)));
    const order = groups.flat().map((label) => labels.indexOf(label));
    return tf.reshape(tf.transpose(x, order), sizes as [number, number, number]);
  };
  const product = tf.matMul(arranged(a, batch, freeA, summed), arranged(b, batch, summed, freeB));
  const labels = [...batch, ...freeA, ...freeB];
  const sizeOfLabel = (label: string) =>
    a.labels.includes(label) ? a.x.shape[a.labels.indexOf(label)]! : b.x.shape[b.labels.indexOf(label)]!;
  return { labels, x: tf.reshape(product, labels.map(sizeOfLabel)) };
}

export const matrices: OperatorTable = {
  Einsum: { run: einsum },
  Gemm: { run: gemm },
  MatMul: { run: (call) => Value.plain(matMul(call.input(0).plain, call.input(1).plain)) },
};
