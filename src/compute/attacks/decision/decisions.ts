/** Parameters that decision attacks share. @module */
import { queryLimit } from '../core/black-box.js';
import { TARGET_PARAMETERS } from '../core/labels.js';

/** Parameters of decision attacks beside the cap. */
export const DECISION_PARAMETERS = { queries: queryLimit(25_000), ...TARGET_PARAMETERS };
