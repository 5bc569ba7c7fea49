/** The worst case over a list of attacks: what a defence has to stand is all of them (Carlini et al. 2019, section 4.2). @module */
import { attackList } from './attack-list.js';
import { CARLINI_2019 } from '../core/references.js';
import type { AttackDefinition } from '../core/definition.js';

/** @param of attacks that may be in the list. */
export function worstOf(of: readonly AttackDefinition[]): AttackDefinition {
  return attackList(
    {
      kind: 'WORST_OF',
      name: 'worstOf',
      title: 'Worst of a list',
      description: 'A list of attacks of one norm and ε, one after the other, each on the examples that those before it left standing.',
      reference: CARLINI_2019,
      parameters: {},
    },
    of,
    'The attacks, cheapest first: an example that one fools is spared the rest.',
  );
}
