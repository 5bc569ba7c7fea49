/** The worst case over a list of attacks: what a defence has to stand is all of them (Carlini et al. 2019, section 4.2). @module */
import { attackList, listed } from './attack-list.js';
import { runInTurn } from './composite.js';
import { CARLINI_2019 } from './references.js';
import type { AttackDefinition } from './types.js';

/** @param of attacks that may be in the list. */
export function worstOf(of: readonly AttackDefinition[]): AttackDefinition {
  const { members, hooks } = listed(of);
  return {
    kind: 'WORST_OF',
    name: 'worstOf',
    title: 'Worst of a list',
    description: 'A list of attacks of one norm and ε, one after the other, each on the examples that those before it left standing.',
    access: 'GRADIENT',
    norms: ['LINF', 'L2', 'L1', 'L0'],
    targeted: false,
    reference: CARLINI_2019,
    parameters: { attacks: attackList(of, 'The attacks, cheapest first: an example that one fools is spared the rest.') },
    ...hooks,
    run: (task, parameters) => runInTurn(task, hooks.budget(parameters), members(parameters)),
  };
}
