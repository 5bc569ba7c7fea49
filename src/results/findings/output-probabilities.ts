import type { FindingCheck } from './types.js';

/** The cross-entropy of a softmax of a softmax is bounded, and its gradient small where the model is sure (Carlini et al. 2019). */
export const outputProbabilities: FindingCheck = {
  code: 'OUTPUT_PROBABILITIES',
  description: 'The model outputs probabilities instead of logits.',
  check({ output, diagnostics: { examples, probabilities } }) {
    if (examples === 0 || (output !== 'PROBABILITIES' && probabilities < examples)) return undefined;
    return {
      severity: 'WARNING',
      message:
        output === 'PROBABILITIES'
          ? 'The model ends in a softmax or sigmoids that could not be removed: where it is sure, differences between images are lost in rounding, and its gradient with them. Submit the model with logits as its output.'
          : 'Every output is a distribution, though no softmax was found: attacks take it for logits, and their losses are wrong. Submit the model with logits as its output.',
      evidence: { output, probabilities, n: examples },
    };
  },
};
