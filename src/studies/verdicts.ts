/** Whether a finding is reproduced: the 95 % interval of a mean over seeds against a bound that is named beforehand. @module */
import { studentInterval } from '../compute/statistics/index.js';
import type { Verdict, VerdictOutcome } from './types.js';

export interface Statement {
  readonly statement: string;
  /** What `values` are, as a noun: "accuracy under attack after adversarial training less that without". */
  readonly quantity: string;
  readonly paper: string;
  /** One for each seed; undefined where there was nothing to measure. */
  readonly values: readonly (number | undefined)[];
  /** Default: 0. */
  readonly bound?: number;
  /** What `values` are one for each of. Default: seeds. */
  readonly over?: string;
}

/** The finding says that the quantity lies above the bound. */
export function above({ statement, quantity, paper, values, bound = 0, over = 'seeds' }: Statement): Verdict {
  const measured = values.filter((value) => value !== undefined);
  const estimate = measured.length > 0 ? studentInterval(measured) : null;
  const criterion = `${quantity}: reproduced where its 95 % interval over ${over} lies above ${bound}, not reproduced where it lies below, else not decided.`;
  return { statement, criterion, paper, estimate, outcome: outcomeOf(estimate?.lower, estimate?.upper, bound) };
}

function outcomeOf(lower: number | null | undefined, upper: number | null | undefined, bound: number): VerdictOutcome {
  if (lower == null || upper == null) return 'NOT_DECIDED';
  if (lower > bound) return 'REPRODUCED';
  return upper < bound ? 'NOT_REPRODUCED' : 'NOT_DECIDED';
}
