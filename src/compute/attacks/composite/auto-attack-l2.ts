/** AutoAttack under an L2 budget. @module */
import { apgdCeL2 } from '../gradient/apgd-ce-l2.js';
import { apgdTL2 } from '../gradient/apgd-t-l2.js';
import { AUTO_ATTACK_PARAMETERS, ensemble } from './auto-attack.js';
import { fabTL2 } from '../minimum-norm/fab-t-l2.js';
import { L2_EPSILON } from '../core/parameters.js';
import { squareL2 } from '../score/square.js';

export const autoAttackL2 = ensemble(
  {
    kind: 'AUTO_ATTACK_L2',
    name: 'autoAttackL2',
    title: 'AutoAttack, L2',
    description:
      "APGD-CE, APGD-T, FAB-T and Square, each on the examples that those before it left standing: the field's standard. Needs four classes.",
    norms: ['L2'],
    parameters: { epsilon: L2_EPSILON, ...AUTO_ATTACK_PARAMETERS },
  },
  [apgdCeL2, apgdTL2, fabTL2, squareL2],
);
