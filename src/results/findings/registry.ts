/** All checks, in the order in which they are reported. @module */
import { budgetViolated } from './budget-violated.js';
import { labelLeaking } from './label-leaking.js';
import { tooFewExamples } from './too-few-examples.js';
import type { EvaluationFacts, Finding, FindingCheck } from './types.js';

export const findingChecks: readonly FindingCheck[] = [budgetViolated, labelLeaking, tooFewExamples];

export function findings(facts: EvaluationFacts): Finding[] {
  return findingChecks.flatMap((check) => {
    const found = check.check(facts);
    return found ? [{ code: check.code, ...found }] : [];
  });
}
