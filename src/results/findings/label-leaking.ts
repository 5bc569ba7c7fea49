import { mcnemarExact } from '../../compute/statistics/index.js';
import { mostGradients, staysRight, wasRight } from '../outcomes.js';
import { isSingleStep, usesTrueLabel } from './attack-traits.js';
import type { FindingCheck } from './types.js';

const SIGNIFICANT = 0.01;

/**
 * A model trained on one-step attacks that use the true label may learn to read the label off the perturbation: it is then right more often
 * under that attack than without it (Kurakin, Goodfellow and Bengio 2017, section 4.1).
 */
export const labelLeaking: FindingCheck = {
  code: 'LABEL_LEAKING',
  description:
    'Under a one-step attack that uses the true label, the model is right more often than on clean images (exact paired McNemar test, p < 0.01).',
  check({ attack, parameters, outcomes }) {
    const traits = { attack, parameters, gradients: mostGradients(outcomes) };
    if (!isSingleStep(traits) || !usesTrueLabel(traits)) return undefined;
    let gained = 0;
    let lost = 0;
    for (let i = 0; i < outcomes.count; i++) {
      const before = wasRight(outcomes, i);
      const after = staysRight(outcomes, i);
      if (after && !before) gained++;
      if (before && !after) lost++;
    }
    const p = mcnemarExact(gained, lost);
    if (p >= SIGNIFICANT) return undefined;
    return {
      severity: 'WARNING',
      message: `The model is right on ${gained} attacked images that it gets wrong without attack, and loses only ${lost}: the perturbation tells it the label. Measure with an attack that does not use the true label, such as step l.l. or FGSM on the predicted label.`,
      evidence: { gained, lost, p, n: outcomes.count },
    };
  },
};
