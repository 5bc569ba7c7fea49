/**
 * Two proportions of the same examples, compared. Both intervals are among those that Fagerland, Lydersen and Laake (2014) recommend: they use that the examples
 * are the same, and stay right for few of them.
 * @module
 */
import type { Estimate } from './correlation.js';
import { Z_95 } from './proportion.js';

/** Numbers of examples. */
export interface PairedCounts {
  /** Right in both. */
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Examples in all. */
  readonly n: number;
}

/** Share right in the first less share right in the second; Wald's interval with Laplace's adjustment (Bonett and Price 2012). */
export function pairedDifference({ onlyFirst, onlySecond, n }: Omit<PairedCounts, 'both'>): Estimate {
  const [first, second] = [(onlyFirst + 1) / (n + 2), (onlySecond + 1) / (n + 2)];
  const centre = first - second;
  const half = Z_95 * Math.sqrt((first + second - centre ** 2) / (n + 2));
  return { value: (onlyFirst - onlySecond) / n, lower: Math.max(-1, centre - half), upper: Math.min(1, centre + half), n };
}

/**
 * Share right in the first over share right in the second; hybrid interval of two of Wilson's, narrowed by their correlation (Bonett and Price 2006).
 * Null and without a bound where the second is never right.
 */
export function pairedRatio({ both, onlyFirst, onlySecond, n }: PairedCounts): Estimate {
  const [first, second] = [both + onlyFirst, both + onlySecond];
  const some = both + onlyFirst + onlySecond;
  if (second === 0) return { value: null, lower: 0, upper: null, n };
  const deviation = (count: number) => Math.sqrt((1 - (count + 1) / (some + 2)) / (count + 1));
  const joint = Math.sqrt((onlyFirst + onlySecond + 2) / ((first + 1) * (second + 1)));
  const z = (Z_95 * joint) / (deviation(first) + deviation(second));
  const bounds = (count: number) => {
    const half = z * Math.sqrt(z ** 2 + 4 * count * (1 - count / some));
    return [(2 * count + z ** 2 - half) / (2 * (some + z ** 2)), (2 * count + z ** 2 + half) / (2 * (some + z ** 2))] as const;
  };
  const [firstLower, firstUpper] = bounds(first);
  const [secondLower, secondUpper] = bounds(second);
  return { value: first / second, lower: Math.max(0, firstLower / secondUpper), upper: firstUpper / secondLower, n };
}
