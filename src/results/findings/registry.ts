/** All checks, in the order in which they are reported. @module */
import type { Smoothing } from '../../compute/evaluation/index.js';
import { accuracyNotFalling } from './accuracy-not-falling.js';
import { belowBudget } from './below-budget.js';
import { blackBoxBeatsWhiteBox } from './black-box-beats-white-box.js';
import { blackBoxStageImproves } from './black-box-stage-improves.js';
import { budgetViolated } from './budget-violated.js';
import { cleanAccuracyBelowExpected } from './clean-accuracy-below-expected.js';
import { cleanAccuracyLow } from './clean-accuracy-low.js';
import { cleanAccuracyNearChance } from './clean-accuracy-near-chance.js';
import { forwardNotCompared } from './forward-not-compared.js';
import { type CertificationCheck, fewNoisyCopies } from './few-noisy-copies.js';
import { importedBeatsAttack } from './imported-beats-attack.js';
import { labelLeaking } from './label-leaking.js';
import { noStart } from './no-start.js';
import { noiseBeatsGradient } from './noise-beats-gradient.js';
import { nonFiniteGradients } from './non-finite-gradients.js';
import { notConverged } from './not-converged.js';
import { outputProbabilities } from './output-probabilities.js';
import { quantizedNetwork } from './quantized-network.js';
import { randomOutput } from './random-output.js';
import { roundedBudget } from './rounded-budget.js';
import { saturatedSoftmax } from './saturated-softmax.js';
import { singleStepBeatsIterative } from './single-step-beats-iterative.js';
import { softmaxRemoved } from './softmax-removed.js';
import { tooFewExamples } from './too-few-examples.js';
import { trainedOnTheseExamples } from './trained-on-these-examples.js';
import { transferBeatsWhiteBox } from './transfer-beats-white-box.js';
import type { ComparisonCheck, EvaluationFacts, Finding, FindingCheck } from './types.js';
import { undoneByRounding } from './undone-by-rounding.js';
import { unboundedAttackFails } from './unbounded-attack-fails.js';
import { vanishingGradients } from './vanishing-gradients.js';

export const findingChecks: readonly FindingCheck[] = [
  budgetViolated,
  roundedBudget,
  undoneByRounding,
  trainedOnTheseExamples,
  cleanAccuracyNearChance,
  cleanAccuracyBelowExpected,
  cleanAccuracyLow,
  forwardNotCompared,
  nonFiniteGradients,
  vanishingGradients,
  saturatedSoftmax,
  outputProbabilities,
  softmaxRemoved,
  quantizedNetwork,
  randomOutput,
  blackBoxStageImproves,
  noStart,
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

/** Of a certification. */
export const certificationChecks: readonly CertificationCheck[] = [fewNoisyCopies];

/** What other models' images say: the other of each comparison was made on another model. */
export const transferChecks: readonly ComparisonCheck[] = [transferBeatsWhiteBox];

/** Codes of the checks that say that gradients are masked. */
export const MASKING_CODES: readonly string[] = [...findingChecks, ...comparisonChecks, ...transferChecks]
  .filter((check) => check.masksGradients)
  .map(({ code }) => code);

export function certificationFindings(smoothing: Smoothing): Finding[] {
  return found(certificationChecks, smoothing);
}

export function findings(facts: EvaluationFacts): Finding[] {
  return found(findingChecks, facts);
}

interface Check<Facts> {
  readonly code: string;
  check(facts: Facts): Omit<Finding, 'code'> | undefined;
}

function found<Facts>(checks: readonly Check<Facts>[], facts: Facts): Finding[] {
  return checks.flatMap((check) => {
    const finding = check.check(facts);
    return finding ? [{ code: check.code, ...finding }] : [];
  });
}
