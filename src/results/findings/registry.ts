/** All checks, in the order in which they are reported. @module */
import { accuracyNotFalling } from './accuracy-not-falling.js';
import { belowBudget } from './below-budget.js';
import { blackBoxBeatsWhiteBox } from './black-box-beats-white-box.js';
import { budgetViolated } from './budget-violated.js';
import { importedBeatsAttack } from './imported-beats-attack.js';
import { labelLeaking } from './label-leaking.js';
import { noiseBeatsGradient } from './noise-beats-gradient.js';
import { nonFiniteGradients } from './non-finite-gradients.js';
import { notConverged } from './not-converged.js';
import { outputProbabilities } from './output-probabilities.js';
import { randomOutput } from './random-output.js';
import { roundedBudget } from './rounded-budget.js';
import { saturatedSoftmax } from './saturated-softmax.js';
import { singleStepBeatsIterative } from './single-step-beats-iterative.js';
import { tooFewExamples } from './too-few-examples.js';
import { transferBeatsWhiteBox } from './transfer-beats-white-box.js';
import type { ComparisonCheck, EvaluationFacts, Finding, FindingCheck } from './types.js';
import { unboundedAttackFails } from './unbounded-attack-fails.js';
import { vanishingGradients } from './vanishing-gradients.js';

export const findingChecks: readonly FindingCheck[] = [
  budgetViolated,
  roundedBudget,
  nonFiniteGradients,
  vanishingGradients,
  saturatedSoftmax,
  outputProbabilities,
  randomOutput,
  unboundedAttackFails,
  belowBudget,
  labelLeaking,
  tooFewExamples,
];

export const comparisonChecks: readonly ComparisonCheck[] = [
  singleStepBeatsIterative,
  blackBoxBeatsWhiteBox,
  noiseBeatsGradient,
  importedBeatsAttack,
  notConverged,
  accuracyNotFalling,
];

/** What other models' images say: the other of each comparison was made on another model. */
export const transferChecks: readonly ComparisonCheck[] = [transferBeatsWhiteBox];

export function findings(facts: EvaluationFacts): Finding[] {
  return findingChecks.flatMap((check) => {
    const found = check.check(facts);
    return found ? [{ code: check.code, ...found }] : [];
  });
}
