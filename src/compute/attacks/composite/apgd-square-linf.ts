/** APGD-CE, then Square: AutoAttack's cheapest gradient attack, and the one that finds hidden gradients. A quick look at a model. @module */
import { apgdCeLinf } from '../gradient/apgd-ce-linf.js';
import { AUTO_ATTACK_PARAMETERS, ensemble } from './auto-attack.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { squareLinf } from '../score/square.js';

const { targets: _, ...PARAMETERS } = AUTO_ATTACK_PARAMETERS;

export const apgdSquareLinf = ensemble(
  {
    kind: 'APGD_SQUARE_LINF',
    name: 'apgdSquareLinf',
    title: 'APGD + Square, L∞',
    description: 'APGD-CE, then Square on the examples that it left standing: a quick mode of AutoAttack.',
    norms: ['LINF'],
    parameters: { epsilon: LINF_EPSILON, ...PARAMETERS },
  },
  [apgdCeLinf, squareLinf],
);
