/** AutoAttack under an L∞ budget. @module */
import { apgdCeLinf, apgdTLinf } from '../gradient/apgd.js';
import { AUTO_ATTACK_PARAMETERS, ensemble } from './auto-attack.js';
import { fabTLinf } from '../minimum-norm/fab.js';
import { LINF_EPSILON } from '../core/parameters.js';
import { squareLinf } from '../score/square-linf.js';

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
