/** Automatic checks of an evaluation. One finding is one file and one line in `registry.ts`. @module */
import type { AttackDefinition, ParameterValues } from '../../compute/attacks/types.js';
import type { Outcomes } from '../outcomes.js';
import type { Summary } from '../summary.js';

export type FindingSeverity = 'INFO' | 'WARNING' | 'ERROR';

export interface Finding {
  /** Stable name of the check, such as `TOO_FEW_EXAMPLES`. */
  readonly code: string;
  readonly severity: FindingSeverity;
  /** What was found and what to do about it. */
  readonly message: string;
  /** The numbers that it rests on. */
  readonly evidence: Readonly<Record<string, number | string | boolean>>;
}

/** What a check may look at. */
export interface EvaluationFacts {
  readonly attack: AttackDefinition;
  readonly parameters: ParameterValues;
  readonly outcomes: Outcomes;
  readonly summary: Summary;
  /** Examples whose stored image breaks the attack's budget. */
  readonly budgetViolations: number;
}

export interface FindingCheck {
  readonly code: string;
  readonly description: string;
  /** @returns undefined where there is nothing to report. */
  check(facts: EvaluationFacts): Omit<Finding, 'code'> | undefined;
}
