import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** A network knows the examples that it was trained on, and can have them by heart: accuracy on them says little about other images. */
export const trainedOnTheseExamples: FindingCheck = {
  code: 'TRAINED_ON_THESE_EXAMPLES',
  description: 'The model, or one that it was fine-tuned from, was trained on this server on some of these examples.',
  check({ trainedOn, outcomes: { count } }) {
    if (trainedOn === 0) return undefined;
    return {
      severity: 'ERROR',
      message: `The model, or one that it was fine-tuned from, was trained on ${percent(trainedOn / count)} of these examples, so that its accuracy on them says little about other images. Evaluate it on a data set, or a range of examples, that it was not trained on.`,
      evidence: { trainedOn, n: count },
    };
  },
};
