import type { FindingCheck } from './types.js';

/** A decision attack walks from an image that is already adversarial: without one there is no attack, and the example counts as robust. */
export const noStart: FindingCheck = {
  code: 'NO_START',
  description:
    'A decision attack found no image of a wrong class, or of the target, to start from, so that it did not attack some examples.',
  check({ outcomes }) {
    const count = outcomes.withoutStart.reduce((sum, without) => sum + without, 0);
    if (count === 0) return undefined;
    return {
      severity: 'WARNING',
      message: `For ${count} of ${outcomes.count} examples the attack found no image to start from: they are unchanged, and count as robust without having been attacked. Raise startTries and queries, use a data set with images of the target, or an attack that starts from the example.`,
      evidence: { withoutStart: count, n: outcomes.count },
    };
  },
};
