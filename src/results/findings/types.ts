/**
 * Automatic checks. A {@link FindingCheck} looks at one evaluation; a {@link ComparisonCheck} at two of the same model on the same examples.
 * One check is one file and one line in `registry.ts`.
 * @module
 */
import type { AttackDescription, AttackStage } from '../../compute/attacks/index.js';
import type { Budget, Distortions } from '../../compute/distances/index.js';
import type { ParameterValues } from '../../compute/parameters/index.js';
import type { Diagnostics } from '../../compute/evaluation/index.js';
import type { CleanCheck, ModelSpec, OutputKind } from '../../compute/models/index.js';
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
  /** Id of the evaluation that shows it, where two were compared. */
  readonly comparedWith?: string;
}

/** What a check may look at. */
export interface EvaluationFacts {
  readonly attack: AttackDescription;
  readonly parameters: ParameterValues;
  readonly budget: Budget;
  readonly outcomes: Outcomes;
  readonly summary: Summary;
  /** Whose majority decided on the class of an image. */
  readonly predictions: number;
  /** Examples whose stored image breaks the attack's budget. */
  readonly budgetViolations: number;
  /** Pixel values of one image. */
  readonly imageSize: number;
  readonly output: OutputKind;
  readonly classCount: number;
  /** What the model expects of an image. */
  readonly spec: ModelSpec;
  /** Whether a final softmax was taken off the network. */
  readonly softmaxRemoved: boolean;
  /** Whether what was taken off was a sigmoid of each score. */
  readonly sigmoidRemoved: boolean;
  /** How many of the examples the model, or one that it was fine-tuned from, was trained on here. */
  readonly trainedOn: number;
  /** Whether it rounds what flows through it to whole numbers. */
  readonly isQuantized: boolean;
  /** Whether the network is an import that could not be compared with its file. */
  readonly isImportUnverified: boolean;
  /** What the submitter says; null where nothing was said. */
  readonly expectedCleanAccuracy: number | null;
  /** How its validation found the model on clean images; null where it was tried on none. */
  readonly cleanCheck: CleanCheck | null;
  /** What the model did to clean images. */
  readonly diagnostics: Diagnostics;
  /** Of an attack that runs others in turn. */
  readonly stages?: readonly AttackStage[];
}

export interface FindingCheck {
  readonly code: string;
  readonly description: string;
  /** Whether it says that gradients are masked, so that the attack may have missed adversarial examples: where its severity is not INFO. */
  readonly masksGradients?: true;
  /** @returns undefined where there is nothing to report. */
  check(facts: EvaluationFacts): Omit<Finding, 'code'> | undefined;
}

/** An evaluation as comparisons see it. */
export interface ComparedEvaluation {
  readonly id: string;
  readonly attack: AttackDescription;
  readonly parameters: ParameterValues;
  readonly budget: Budget;
  /** How far each image lies from its original. */
  readonly distances: Distortions;
  /** Pixel values of one image. */
  readonly imageSize: number;
  /** For each example, 1 where the model is right under attack. */
  readonly right: Uint8Array;
  /** Most backward passes that the attack spent on an example. */
  readonly gradients: number;
}

/** How an attack fared that should have been no stronger than the subject's, or no weaker for spending less. */
export interface Comparison {
  readonly subject: ComparedEvaluation;
  readonly other: ComparedEvaluation;
  /** Examples that the other attack fools within the subject's budget and the subject's does not, and the reverse. */
  readonly onlyOther: number;
  readonly onlySubject: number;
  readonly pValue: number;
}

export interface ComparisonCheck {
  readonly code: string;
  readonly description: string;
  /** Whether it says that gradients are masked, so that the attack may have missed adversarial examples: where its severity is not INFO. */
  readonly masksGradients?: true;
  /** Whether the subject's attack, were it sound, would fool what the other's fools within its budget. */
  applies(subject: ComparedEvaluation, other: ComparedEvaluation): boolean;
  /**
   * Share of all examples that the other may fool alone, however many the subject fools alone (one-sided exact binomial test). Absent: as many as the
   * subject does. More than that it may never (one-sided exact McNemar test, 1947).
   */
  readonly tolerated?: number;
  /** What to say where the other significantly fools more than it may. */
  report(comparison: Comparison): Pick<Finding, 'severity' | 'message'>;
}
