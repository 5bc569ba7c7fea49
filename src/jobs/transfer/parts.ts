/** The parts of a transfer. @module */
import type { Range } from '../ranges.js';

/** What one target makes of a range of the images of evaluations. */
export interface TargetRange extends Range {
  readonly targetId: string;
  readonly evaluationIds: readonly string[];
}

/** Why a target evaluated no images; absent where it did. */
export interface TargetFailure {
  readonly failure?: string;
}
