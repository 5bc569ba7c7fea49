/**
 * AutoAttack, standard version (Croce & Hein 2020, section 5): APGD-CE, APGD-T, FAB-T and Square, in this order, each on the examples that those before it left
 * standing. Nothing to tune; parameters make it cheaper.
 * @module
 */
import { type ParameterValues, validateParameters } from '../../parameters/index.js';
import { type AttackDefinition, defineAttack } from '../core/definition.js';
import { L2_EPSILON, LINF_EPSILON, RESTARTS, TARGETS } from '../core/parameters.js';
import { CROCE_HEIN_2020 } from '../core/references.js';
import { APGD_STEPS, apgdCeL2, apgdCeLinf, apgdTL2, apgdTLinf } from '../gradient/apgd.js';
import { fabTL2, fabTLinf } from '../minimum-norm/fab.js';
import { SQUARE_QUERIES, squareL2, squareLinf } from '../score/square.js';
import { type ConfiguredAttack, runInTurn, sharedBudget } from './composite.js';

/** Each goes to every member that has it. */
const QUICK = {
  steps: { ...APGD_STEPS, description: 'Number of steps of each start of APGD and FAB. The standard takes 100.' },
  restarts: { ...RESTARTS, description: 'Starts of APGD-CE, and of FAB-T for each target. The standard takes 1.' },
  queries: { ...SQUARE_QUERIES, description: 'Most queries of Square for each example. The standard takes 5000.' },
};

const STANDARD = { steps: QUICK.steps, restarts: QUICK.restarts, targets: TARGETS, queries: QUICK.queries };

const STANDARD_DESCRIPTION =
  "APGD-CE, APGD-T, FAB-T and Square, each on the examples that are still correctly classified: the field's standard. Needs four classes: for fewer, run APGD-CE, FAB and Square by `worstOf`.";

/** AutoAttack's cheapest gradient attack, and the one that finds hidden gradients. A quick look at a model. */
export const apgdSquareLinf = ensemble([apgdCeLinf, squareLinf], {
  kind: 'APGD_SQUARE_LINF',
  name: 'apgdSquareLinf',
  title: 'APGD + Square, L∞',
  description: 'APGD-CE, then Square on the examples that are still correctly classified: a quick mode of AutoAttack.',
  norms: ['LINF'],
  parameters: { epsilon: LINF_EPSILON, ...QUICK },
});

export const autoAttackLinf = ensemble([apgdCeLinf, apgdTLinf, fabTLinf, squareLinf], {
  kind: 'AUTO_ATTACK_LINF',
  name: 'autoAttackLinf',
  title: 'AutoAttack, L∞',
  description: STANDARD_DESCRIPTION,
  norms: ['LINF'],
  parameters: { epsilon: LINF_EPSILON, ...STANDARD },
});

export const autoAttackL2 = ensemble([apgdCeL2, apgdTL2, fabTL2, squareL2], {
  kind: 'AUTO_ATTACK_L2',
  name: 'autoAttackL2',
  title: 'AutoAttack, L2',
  description: STANDARD_DESCRIPTION,
  norms: ['L2'],
  parameters: { epsilon: L2_EPSILON, ...STANDARD },
});

/** @param attacks in their order. Each is given those of the parameters that it has; the others keep its defaults. */
function ensemble(
  attacks: readonly AttackDefinition[],
  own: Pick<AttackDefinition, 'kind' | 'name' | 'title' | 'description' | 'norms' | 'parameters'>,
): AttackDefinition {
  const members = (parameters: ParameterValues): ConfiguredAttack[] =>
    attacks.map((definition) => {
      const shared = Object.entries(parameters).filter(([name]) => name in definition.parameters);
      return { definition, parameters: validateParameters(definition, Object.fromEntries(shared)) };
    });
  return defineAttack({
    ...own,
    classes: Math.max(...attacks.map(({ classes = 1 }) => classes)),
    access: 'GRADIENT',
    targeted: false,
    reference: CROCE_HEIN_2020,
    budget: (parameters, imageShape) => sharedBudget(members(parameters), imageShape),
    run: (task, parameters) => runInTurn(task, members(parameters)),
  });
}
