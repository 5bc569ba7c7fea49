/** What both sides want: utilities, costs, and the threshold that follows from them (Dalvi et al. 2004, section 2). @module */
import { ComputeError } from '../errors.js';

/** U_C(predicted, true). */
export interface ClassifierUtilities {
  readonly maliciousFound: number;
  readonly maliciousMissed: number;
  readonly innocentPassed: number;
  readonly innocentAccused: number;
}

/** U_A(predicted, malicious). What is innocent is nothing to the adversary. */
export interface AdversaryUtilities {
  readonly missed: number;
  readonly found: number;
}

/** W: what it costs to change a feature from one value to another. Infinity: it cannot be changed. */
export type Cost = (feature: number, from: number, to: number) => number;

export interface Game {
  readonly classifier: ClassifierUtilities;
  readonly adversary: AdversaryUtilities;
  readonly cost: Cost;
}

/** What an evasion is worth to the adversary, who pays less than that. */
export const worthOfEvasion = ({ missed, found }: AdversaryUtilities) => missed - found;

/**
 * LT(U_C): log odds above which it pays to call a row malicious.
 * @throws ComputeError INVALID_TRAINING where an error is worth no less than being right.
 */
export function thresholdOf({ maliciousFound, maliciousMissed, innocentPassed, innocentAccused }: ClassifierUtilities): number {
  if (!(maliciousFound > maliciousMissed && innocentPassed > innocentAccused)) {
    throw new ComputeError('INVALID_TRAINING', 'A right answer has to be worth more to the classifier than a wrong one.', ['classifier']);
  }
  return Math.log((innocentPassed - innocentAccused) / (maliciousFound - maliciousMissed));
}
