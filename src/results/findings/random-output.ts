import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** Athalye, Carlini and Wagner 2018, section 3: stochastic gradients. Outcomes of single predictions are then no property of the example. */
export const randomOutput: FindingCheck = {
  code: 'RANDOM_OUTPUT',
  description: 'The same image was given other scores the second time.',
  check({ diagnostics: { sampled, changed } }) {
    if (changed === 0) return undefined;
    return {
      severity: 'WARNING',
      message: `${percent(changed / sampled)} of the examples had other scores when they were predicted again: the model is random. Attack its expectation (EOT), and measure success over several predictions.`,
      evidence: { changed, n: sampled },
    };
  },
};
