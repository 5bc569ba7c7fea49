/** The worst case over a list of attacks: what a defence has to stand is all of them (Carlini et al. 2019, section 4.2). @module */
import { defineAttack, type AttackDefinition } from '../core/definition.js';
import { listOf, running } from './attack-list.js';

/** @param of attacks that may be in the list. */
export function worstOf(of: readonly AttackDefinition[]): AttackDefinition {
  return defineAttack({
    kind: 'WORST_OF',
    name: 'worstOf',
    title: 'Worst of a list',
    description: 'A list of attacks of one norm and ε, one after the other, each on the examples that are still correctly classified.',
    reference: {
      title: 'On Evaluating Adversarial Robustness',
      authors: 'Carlini, Athalye, Papernot, Brendel, Rauber, Tsipras, Goodfellow, Madry, Kurakin',
      year: 2019,
      link: 'arXiv:1902.06705',
    },
    parameters: { attacks: listOf(of, 'The attacks, cheapest first: an example that one attack fools is not attacked by the rest.') },
    ...running(of),
  });
}
