/** Attacks that are made of others: their parameter `attacks`, and the members that it names. @module */
import type { Member } from './composite.js';
import { prepareAll, sharedBudget, strongestAccess } from './composite.js';
import type { AttackChoice, AttackDefinition, AttacksParameter, ParameterValues } from './types.js';

const MOST_ATTACKS = 20;

export function attackList(of: readonly AttackDefinition[], description: string): AttacksParameter {
  return { type: 'attacks', of, maximum: MOST_ATTACKS, description };
}

/** What every attack with such a list does alike. @param of attacks that may be in the list. */
export function listed(of: readonly AttackDefinition[]) {
  const members = ({ attacks }: ParameterValues): Member[] =>
    (attacks as readonly AttackChoice[]).map(({ kind, parameters }) => ({
      definition: of.find((definition) => definition.kind === kind)!,
      parameters,
    }));
  return {
    members,
    hooks: {
      budget: (parameters) => sharedBudget(members(parameters)),
      check: (parameters) => void sharedBudget(members(parameters)),
      accessOf: (parameters) => strongestAccess(members(parameters)),
      prepare: (preparation, parameters) => prepareAll(preparation, members(parameters)),
    } satisfies Partial<AttackDefinition>,
  };
}
