/**
 * AutoAttack, standard version (Croce & Hein 2020, section 5): APGD-CE, APGD-T, FAB-T and Square, in this order, each on the examples that those before it left
 * standing. Nothing to tune; parameters make it cheaper.
 * @module
 */
import { APGD_STEPS } from '../gradient/apgd.js';
import { apgdTLinf } from '../gradient/apgd-t-linf.js';
import { sharedBudget, runInTurn, type Member } from './composite.js';
import { RESTARTS } from '../core/parameters.js';
import { validateParameters } from '../../parameters/validate.js';
import { CROCE_HEIN_2020 } from '../core/references.js';
import { squareLinf } from '../score/square.js';
import type { AttackDefinition } from '../core/definition.js';
import type { ParameterSpec, ParameterValues } from '../../parameters/descriptions.js';

/** Each goes to every member that has it. */
export const AUTO_ATTACK_PARAMETERS: Readonly<Record<string, ParameterSpec>> = {
  steps: { ...APGD_STEPS, description: 'Number of steps of each start of APGD and FAB. The standard takes 100.' },
  restarts: { ...RESTARTS, description: 'Starts of APGD-CE, and of FAB-T for each target. The standard takes 1.' },
  targets: apgdTLinf.parameters['targets']!,
  queries: { ...squareLinf.parameters['queries']!, description: 'Most queries of Square for each example. The standard takes 5000.' },
};

/** @param attacks in their order. Each is given those of the parameters that it has; the others keep its defaults. */
export function ensemble(
  definition: Pick<AttackDefinition, 'kind' | 'name' | 'title' | 'description' | 'norms' | 'parameters'>,
  attacks: readonly AttackDefinition[],
): AttackDefinition {
  const members = (parameters: ParameterValues): Member[] =>
    attacks.map((member) => {
      const shared = Object.entries(parameters).filter(([name]) => name in member.parameters);
      return { definition: member, parameters: validateParameters(member, Object.fromEntries(shared)) };
    });
  const budget: AttackDefinition['budget'] = (parameters, imageShape) => sharedBudget(members(parameters), imageShape);
  return {
    ...definition,
    access: 'GRADIENT',
    targeted: false,
    reference: CROCE_HEIN_2020,
    budget,
    run: (task, parameters) => runInTurn(task, budget(parameters, task.model.spec.inputShape), members(parameters)),
  };
}
