/** Parameters that decision attacks share. @module */
import { queryLimit } from '../core/black-box.js';
import { integer } from '../../parameters/index.js';
import { TARGET_PARAMETERS } from '../core/labels.js';

const START_TRIES = integer({
  default: 100,
  minimum: 1,
  maximum: 10_000,
  description:
    'Most images of noise that are asked about for one to start from, and then most images of the data set. Towards a target only the latter. ART tries 100, Foolbox 1,000.',
});

/** Parameters of decision attacks beside the cap. @param queries default of the query limit. */
export const decisionParameters = (queries: number) => ({ queries: queryLimit(queries), startTries: START_TRIES, ...TARGET_PARAMETERS });
