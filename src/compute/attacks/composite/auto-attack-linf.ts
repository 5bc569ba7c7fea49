/** AutoAttack under an L∞ budget. @module */
import { apgdCeLinf } from '../gradient/apgd-ce-linf.js';
import { apgdTLinf } from '../gradient/apgd-t-linf.js';
import { AUTO_ATTACK_PARAMETERS, ensemble } from './auto-attack.js';
import { fabTLinf } from '../minimum-norm/fab-t-linf.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { squareLinf } from '../score/square.js';

export const autoAttackLinf = ensemble(
  {
    kind: 'AUTO_ATTACK_LINF',
    name: 'autoAttackLinf',
    title: 'AutoAttack, L∞',
    description:
      "APGD-CE, APGD-T, FAB-T and Square, each on the examples that those before it left standing: the field's standard. Needs four classes.",
    norms: ['LINF'],
    parameters: { epsilon: LINF_EPSILON, ...AUTO_ATTACK_PARAMETERS },
  },
  [apgdCeLinf, apgdTLinf, fabTLinf, squareLinf],
);
