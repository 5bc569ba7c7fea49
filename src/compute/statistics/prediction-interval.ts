/** Where one more positive number is expected, after some were measured. @module */
import jstat from 'jstat';

/**
 * What is known before anything was measured: numbers differ by a factor of 1.5 (one standard deviation), which weighs as much as three measurements. It keeps
 * the interval of one or two measurements finite, and is of no account beside many.
 */
const PRIOR = { deviation: Math.log(1.5), weight: 3 };

export interface Prediction {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Of numbers whose logarithms are spread normally: the median of the next one, with its 95 % prediction interval (Student, with a scaled-inverse-χ² prior of
 * the variance).
 * @param measured one at least, all above 0.
 */
export function predictNext(measured: readonly number[]): Prediction {
  const logs = measured.map(Math.log);
  const n = logs.length;
  const mean = logs.reduce((sum, log) => sum + log, 0) / n;
  const squares = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
  const freedom = PRIOR.weight + n - 1;
  const variance = (PRIOR.weight * PRIOR.deviation ** 2 + squares) / freedom;
  const half = jstat.studentt.inv(0.975, freedom) * Math.sqrt(variance * (1 + 1 / n));
  return { value: Math.exp(mean), lower: Math.exp(mean - half), upper: Math.exp(mean + half) };
}
