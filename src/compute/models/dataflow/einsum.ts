/** Einstein summation as products of matrices, which have gradients. @module */
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors/index.js';
import { ComputeError } from '../../errors.js';
import { broadcast } from './differentiable.js';

interface Term {
  readonly labels: readonly string[];
  readonly x: tf.Tensor;
}

const ELLIPSIS = '...';

/**
 * Of one or more values, from left to right.
 * @param equation as NumPy's, with letters as labels and `...` for axes that broadcast. @throws ComputeError UNSUPPORTED_OPERATION for a label that a value has
 * twice, INVALID_MODEL where the equation does not fit the values.
 */
export function einsum(equation: string, operands: readonly tf.Tensor[]): tf.Tensor {
  const [left = '', right, ...rest] = equation.replaceAll(' ', '').split('->');
  const written = left.split(',').map(labelsIn);
  if (written.length !== operands.length || rest.length > 0) {
    throw new ComputeError('INVALID_MODEL', `the equation ${equation} does not fit ${operands.length} values`);
  }
  const terms = operands.map((x, i): Term => ({ labels: withAxes(written[i]!, x, equation), x }));
  if (terms.some(({ labels }) => new Set(labels).size !== labels.length)) {
    throw new ComputeError('UNSUPPORTED_OPERATION', `the equation ${equation} has a label twice in one value, which is not supported`);
  }
  const output =
    right === undefined
      ? implicitOutput(terms)
      : labelsIn(right).flatMap((label) => (label === ELLIPSIS ? broadcastLabels(terms) : [label]));
  let result = terms[0]!;
  for (const [i, term] of terms.entries()) {
    if (i === 0) continue;
    result = contract(result, term, new Set([...terms.slice(i + 1).flatMap(({ labels }) => labels), ...output]));
  }
  const kept = withoutLabels(result, (label) => !output.includes(label));
  const missing = output.find((label) => !kept.labels.includes(label));
  if (missing !== undefined) throw new ComputeError('INVALID_MODEL', `the equation ${equation} outputs ${missing}, which no value has`);
  return tf.transpose(
    kept.x,
    output.map((label) => kept.labels.indexOf(label)),
  );
}

function labelsIn(term: string): string[] {
  return term.match(/\.\.\.|./g) ?? [];
}

/** With a label for each axis that an ellipsis stands for, counted from the last. */
function withAxes(labels: readonly string[], x: tf.Tensor, equation: string): string[] {
  const isNamed = labels.every((label) => label === ELLIPSIS || /^[A-Za-z]$/.test(label));
  const hidden = x.rank - labels.filter((label) => label !== ELLIPSIS).length;
  const ellipses = labels.length - x.rank + hidden;
  if (!isNamed || hidden < 0 || ellipses > 1 || (ellipses === 0 && hidden > 0)) {
    throw new ComputeError('INVALID_MODEL', `the equation ${equation} does not fit a value of ${x.rank} axes`);
  }
  return labels.flatMap((label) => (label === ELLIPSIS ? Array.from({ length: hidden }, (_, i) => `${ELLIPSIS}${hidden - i}`) : [label]));
}

/** Of the value where the ellipsis stands for most axes. */
function broadcastLabels(terms: readonly Term[]): string[] {
  const hidden = terms.map(({ labels }) => labels.filter((label) => label.startsWith(ELLIPSIS)));
  return hidden.reduce((most, labels) => (labels.length > most.length ? labels : most), []);
}

/** Labels that only one value has, in the order of the alphabet. */
function implicitOutput(terms: readonly Term[]): string[] {
  const all = terms.flatMap(({ labels }) => labels).filter((label) => !label.startsWith(ELLIPSIS));
  return [...broadcastLabels(terms), ...all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort()];
}

function withoutLabels({ labels, x }: Term, isDropped: (label: string) => boolean): Term {
  const axes = labels.flatMap((label, axis) => (isDropped(label) ? [axis] : []));
  return axes.length === 0 ? { labels, x } : { labels: labels.filter((label) => !isDropped(label)), x: tf.sum(x, axes) };
}

/** One product of matrices: labels that both have and that are needed later are batch axes; those not needed are summed over. */
function contract(first: Term, second: Term, later: ReadonlySet<string>): Term {
  const only = (term: Term, other: Term) => withoutLabels(term, (label) => !later.has(label) && !other.labels.includes(label));
  const [a, b] = aligned(only(first, second), only(second, first));
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

/** An axis of size 1 is repeated as often as the other value has it. @throws ComputeError INVALID_MODEL where sizes differ otherwise. */
function aligned(a: Term, b: Term): [Term, Term] {
  const grown = (term: Term, other: Term): Term => {
    const shape = term.labels.map((label, axis) => {
      const [size, theirs] = [term.x.shape[axis]!, other.x.shape[other.labels.indexOf(label)] ?? 1];
      if (size !== theirs && size !== 1 && theirs !== 1) {
        throw new ComputeError('INVALID_MODEL', `an axis of ${size} and one of ${theirs} have the same label ${label}`);
      }
      return other.labels.includes(label) ? Math.max(size, theirs) : size;
    });
    return { ...term, x: broadcast(term.x, shape) };
  };
  return [grown(a, b), grown(b, a)];
}
