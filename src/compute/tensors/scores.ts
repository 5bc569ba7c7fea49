/** Classes and confidences from scores. Ties always go to the lowest class, so that results do not depend on how a sort is written. @module */
import type { HostTensor } from './types.js';

/** Row by row, the class with the highest score. @param scores `[n, classes]`. */
export function argmaxRows(scores: HostTensor): Int32Array {
  return mapRows(scores, (row) => row.reduce((best, score, i) => (score > row[best]! ? i : best), 0));
}

/** Row by row, the class with the lowest score. @param scores `[n, classes]`. */
export function argminRows(scores: HostTensor): Int32Array {
  return mapRows(scores, (row) => row.reduce((best, score, i) => (score < row[best]! ? i : best), 0));
}

/** 1 where the label is among the k best classes. @param scores `[n, classes]`. */
export function inTopK(scores: HostTensor, labels: Int32Array, k: number): Uint8Array {
  const rank = (row: Float32Array, label: number) =>
    row.reduce((better, score, i) => better + (score > row[label]! || (score === row[label] && i < label) ? 1 : 0), 0);
  return Uint8Array.from(mapRows(scores, (row, i) => (rank(row, labels[i]!) < k ? 1 : 0)));
}

/** First row with a score that is not finite, or -1. */
export function firstNonFiniteRow(scores: HostTensor): number {
  const at = (scores.data as Float32Array).findIndex((score) => !Number.isFinite(score));
  return at < 0 ? -1 : Math.floor(at / scores.shape[1]!);
}

/** A whole number for each row. @param scores `[n, classes]`. */
export function mapRows({ shape, data }: HostTensor, fn: (row: Float32Array, index: number) => number): Int32Array {
  const [n = 0, classes = 0] = shape;
  return Int32Array.from({ length: n }, (_, i) => fn((data as Float32Array).subarray(i * classes, (i + 1) * classes), i));
}
