/** Figures of a report as text. @module */
import type { MeanEstimate } from '../../compute/statistics/index.js';
import type { VerdictOutcome } from '../types.js';

/** Mean and interval, such as `0.951 [0.940, 0.962]`. */
export function estimateText(estimate: MeanEstimate | null): string {
  if (!estimate) return '–';
  const { mean, lower, upper } = estimate;
  return lower === null || upper === null ? number(mean) : `${number(mean)} [${number(lower)}, ${number(upper)}]`;
}

/** Three decimals of a share; small numbers and counts as they are. */
function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(3);
}

export const OUTCOMES: Readonly<Record<VerdictOutcome, string>> = {
  REPRODUCED: 'reproduced',
  NOT_REPRODUCED: 'not reproduced',
  NOT_DECIDED: 'not decided',
};
