/** How well probabilities fit the labels. @module */
import { type HostTensor, mapRows } from '../tensors/index.js';
import type { OutputKind } from './types.js';

/** A probability of 0 would make the likelihood infinite: as scikit-learn's log_loss, it is clipped to the precision of float32. */
const LEAST = 2 ** -23;

interface ProperScores {
  /** −ln p of the label (nats). */
  readonly likelihood: Float32Array;
  /** Σ over classes of (p − 1[label])², from 0 to 2 (Brier 1950). */
  readonly brier: Float32Array;
}

/**
 * Of each example, NaN where only labels are known.
 * @param scores `[n, classes]`: logits or probabilities. @param onRow told the probabilities of each row; the array is used again for the next.
 */
export function properScores(
  scores: HostTensor,
  labels: Int32Array,
  output: OutputKind,
  onRow: (probabilities: Float64Array, label: number) => void = () => {},
): ProperScores {
  const [likelihood, brier] = [new Float32Array(labels.length).fill(NaN), new Float32Array(labels.length).fill(NaN)];
  if (output === 'LABELS') return { likelihood, brier };
  const probabilities = new Float64Array(scores.shape[1]!);
  mapRows(scores, (row, i) => {
    const label = labels[i]!;
    const logarithm = output === 'LOGITS' ? softmaxInto(row, probabilities, label) : copyInto(row, probabilities, label);
    likelihood[i] = -logarithm;
    brier[i] = probabilities.reduce((sum, p, k) => sum + (p - Number(k === label)) ** 2, 0);
    onRow(probabilities, label);
    return 0;
  });
  return { likelihood, brier };
}

/** @returns ln p of the label. */
function softmaxInto(row: ArrayLike<number>, probabilities: Float64Array, label: number): number {
  let most = -Infinity;
  for (let k = 0; k < row.length; k++) most = Math.max(most, row[k]!);
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += probabilities[k] = Math.exp(row[k]! - most);
  for (let k = 0; k < row.length; k++) probabilities[k]! /= sum;
  return row[label]! - most - Math.log(sum);
}

function copyInto(row: ArrayLike<number>, probabilities: Float64Array, label: number): number {
  for (let k = 0; k < row.length; k++) probabilities[k] = row[k]!;
  return Math.log(Math.max(LEAST, probabilities[label]!));
}
