import { percent } from './percent.js';
import type { FindingCheck } from './types.js';

/** Athalye, Carlini and Wagner 2018, section 3: stochastic gradients. Outcomes of single predictions are then no property of the example. */
/** By fewer than these a majority settles little. */
const ENOUGH = 10;

export const randomOutput: FindingCheck = {
  code: 'RANDOM_OUTPUT',
  description: 'The same image was given other scores the second time.',
  check({ diagnostics: { sampled, changed }, predictions, summary: { adversarialMean } }) {
    if (changed === 0) return undefined;
    const share = `${percent(changed / sampled)} of the examples had other scores when they were predicted again: the model is random.`;
    const evidence = { changed, n: sampled, predictions };
    if (predictions === 1) {
      const advice =
        'Attack its expectation (EOT, or the version RAND of AutoAttack), and judge it by several predictions: `predictions: 20`.';
      return { severity: 'WARNING', message: `${share} ${advice}`, evidence };
    }
    const mean = adversarialMean === null ? '' : ` Under attack, one prediction is right for ${percent(adversarialMean)} on average.`;
    const message = `${share} Classes are those of most of ${predictions} predictions.${mean} Attack its expectation (EOT, or the version RAND of AutoAttack).`;
    return { severity: predictions < ENOUGH ? 'WARNING' : 'INFO', message, evidence };
  },
};
