/** Parameters that decision attacks share. @module */
import { queryLimit } from '../core/black-box.js';
import { TARGET_PARAMETERS } from '../core/labels.js';

/** Parameters of decision attacks beside the cap. @param queries default of the query limit. */
export const decisionParameters = (queries: number) => ({ queries: queryLimit(queries), ...TARGET_PARAMETERS });
