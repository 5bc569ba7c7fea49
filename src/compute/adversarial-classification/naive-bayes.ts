/** Naive Bayes over features of few values, and two classes: malicious and innocent. @module */
import { ComputeError } from '../errors.js';

/** Rows of features with their classes. */
export interface LabelledRows {
  /** `[count, features]`, each below `values`. */
  readonly rows: readonly Uint8Array[];
  /** 1: malicious. */
  readonly malicious: Uint8Array;
  readonly values: number;
}

export interface NaiveBayes {
  readonly features: number;
  readonly values: number;
  /** log P(malicious) - log P(innocent). */
  readonly priorLogOdds: number;
  readonly priorMalicious: number;
  /** log P(value | malicious), `[features, values]`. */
  readonly malicious: Float64Array;
  /** log P(value | innocent), `[features, values]`. */
  readonly innocent: Float64Array;
  /** The first less the second. */
  readonly logOdds: Float64Array;
}

/** @param smoothing added to each count (Laplace). @throws ComputeError INVALID_DATASET where a class has no row. */
export function fitNaiveBayes({ rows, malicious, values }: LabelledRows, smoothing: number): NaiveBayes {
  const features = rows[0]?.length ?? 0;
  const totals = [0, 0];
  const counts = [new Float64Array(features * values), new Float64Array(features * values)];
  for (const [i, row] of rows.entries()) {
    const label = malicious[i]!;
    totals[label]!++;
    for (let f = 0; f < features; f++) counts[label]![f * values + row[f]!]!++;
  }
  if (totals.includes(0)) {
    throw new ComputeError('INVALID_DATASET', 'Naive Bayes needs examples of both classes. Take more examples.', ['trainingCount']);
  }
  const [innocentLogs, maliciousLogs] = counts.map((of, label) =>
    of.map((count) => Math.log((count + smoothing) / (totals[label]! + values * smoothing))),
  );
  return {
    features,
    values,
    priorLogOdds: Math.log(totals[1]! / totals[0]!),
    priorMalicious: totals[1]! / rows.length,
    malicious: maliciousLogs!,
    innocent: innocentLogs!,
    logOdds: maliciousLogs!.map((value, at) => value - innocentLogs![at]!),
  };
}

/** log P(malicious | row) - log P(innocent | row). Always added up in the same order, so that equal rows have equal ones. */
export function logOddsOf({ features, values, priorLogOdds, logOdds }: NaiveBayes, row: Uint8Array): number {
  let sum = priorLogOdds;
  for (let f = 0; f < features; f++) sum += logOdds[f * values + row[f]!]!;
  return sum;
}
