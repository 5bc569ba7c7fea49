/** Fast gradient sign method: `X + ε · sign ∇_X J(X, y)`. @module */
import { predictedLabel, trueLabel } from '../core/labels.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { GOODFELLOW_2014 } from '../core/references.js';
import { linfBudget } from '../core/budgets.js';
import { signGradientAttack } from '../core/sign-gradient.js';
import type { AttackDefinition } from '../core/definition.js';

export const fgsm: AttackDefinition = {
  kind: 'FGSM',
  name: 'fgsm',
  title: 'FGSM',
  description: 'One step of size ε along the sign of the gradient of the loss, away from the true or from the predicted class.',
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: false,
  reference: GOODFELLOW_2014,
  parameters: {
    epsilon: LINF_EPSILON,
    label: {
      type: 'choice',
      enumName: 'FgsmLabel',
      values: {
        TRUE: 'The label in the data set. Models trained on such images can read it off the perturbation (label leaking).',
        PREDICTED: 'The most likely class, which does not leak the label.',
      },
      default: 'TRUE',
      description: 'The class whose loss is raised.',
    },
  },
  budget: linfBudget,
  usesTrueLabel: ({ label }) => label === 'TRUE',
  run: (task, { epsilon, label }) =>
    signGradientAttack(task, {
      label: label === 'PREDICTED' ? predictedLabel : trueLabel,
      direction: 'ascend',
      epsilon: epsilon as number,
      alpha: epsilon as number,
      steps: 1,
    }),
};
