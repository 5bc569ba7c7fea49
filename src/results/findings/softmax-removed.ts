import type { FindingCheck } from './types.js';

/** Carlini et al. 2019, section 4: attacks need logits. Outcomes are the same, since a softmax keeps the order of scores; what other tools do to probabilities may differ. */
export const softmaxRemoved: FindingCheck = {
  code: 'SOFTMAX_REMOVED',
  description: 'The final softmax of the model, or sigmoid of each score, was removed: attacks see its logits.',
  check({ softmaxRemoved: isRemoved, sigmoidRemoved }) {
    if (!isRemoved) return undefined;
    return {
      severity: 'INFO',
      message: `The model ends in a ${sigmoidRemoved ? 'sigmoid of each score' : 'softmax'}, which was removed: attacks see logits, whose gradients do not vanish where it is sure. Tools that attack the probabilities may report it as more robust.`,
      evidence: { softmaxRemoved: true, ...(sigmoidRemoved && { sigmoidRemoved }) },
    };
  },
};
