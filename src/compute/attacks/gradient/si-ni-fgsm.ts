/** SI-NI-FGSM: NI-FGSM on the sum of the losses of the images scaled by 1, 1/2, 1/4, … (Lin et al. 2020). @module */
import * as tf from '@tensorflow/tfjs-core';
import { linfBudget } from '../core/budgets.js';
import { momentumAttack, momentumParameters } from './momentum.js';
import { LIN_2020 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';
import type { NumberParameter } from '../../parameters/descriptions.js';

const COPIES: NumberParameter = {
  type: 'integer',
  default: 5,
  minimum: 1,
  maximum: 10,
  description: 'm: copies of the image, each with half the brightness of the one before; each costs a gradient.',
};

export const siNiFgsm: AttackDefinition = {
  kind: 'SI_NI_FGSM',
  name: 'siNiFgsm',
  title: 'SI-NI-FGSM',
  description: "Nesterov's momentum on the gradient over several copies of the image at lower and lower brightness.",
  access: 'GRADIENT',
  norms: ['LINF'],
  targeted: true,
  reference: LIN_2020,
  parameters: { ...momentumParameters(1), copies: COPIES },
  budget: linfBudget,
  run(task, parameters) {
    const copies = parameters['copies'] as number;
    const scaled = (x: tf.Tensor4D) => {
      const images = Array.from({ length: copies }, (_, i) => tf.mul(x, 2 ** -i) as tf.Tensor4D);
      return copies === 1 ? x : tf.concat(images, 0);
    };
    return momentumAttack(task, parameters, {
      variant: String(copies),
      lookahead: true,
      passes: copies,
      estimate: ({ gradient }) => ({ gradient: gradient(scaled, copies) }),
    });
  },
};
