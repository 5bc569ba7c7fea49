/** Means of repeated measurements, and how sure they are. @module */
import jstat from 'jstat';

export interface MeanEstimate {
  readonly mean: number;
  /** 95 % interval of the mean after Student (1908); null for a single value, which says nothing about the spread. */
  readonly lower: number | null;
  readonly upper: number | null;
  readonly n: number;
}

/** @param values independent repetitions, such as one for each seed; at least one. */
export function studentInterval(values: readonly number[]): MeanEstimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, lower: null, upper: null, n };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = jstat.studentt.inv(0.975, n - 1) * Math.sqrt(variance / n);
  return { mean, lower: mean - half, upper: mean + half, n };
}
