/** Attacks that run a list of others, each on the examples that are still correctly classified. @module */
import type { AnyModel } from '../../models/index.js';
import { type AttackChoice, attackList } from '../../parameters/index.js';
import type { AttackDefinition, AttackTask, Preparation } from '../core/definition.js';
import { itself, type ConfiguredAttack, prepareAll, runInTurn, sharedBudget, type SurrogateModel, strongestAccess } from './composite.js';

const MOST_ATTACKS = 20;

/** What every attack of this kind is given. */
export interface ListValues {
  readonly attacks: readonly AttackChoice[];
}

/** The parameter. @param of attacks that may be in the list. */
export function listOf(of: readonly AttackDefinition[], description: string) {
  return attackList({ of, maximum: MOST_ATTACKS, description });
}

/**
 * What an attack does whose parameter `attacks` is a list.
 * @param of attacks that may be in the list. @param surrogateFor the model that they are run on. Default: the one under attack.
 */
export function running<Values extends ListValues>(
  of: readonly AttackDefinition[],
  surrogateFor: (model: AnyModel, values: Values) => SurrogateModel = itself,
) {
  const members = ({ attacks }: ListValues): ConfiguredAttack[] =>
    attacks.map(({ kind, parameters }) => ({ definition: of.find((definition) => definition.kind === kind)!, parameters }));
  return {
    access: 'GRADIENT',
    norms: ['LINF', 'L2', 'L1', 'L0'],
    targeted: false,
    budget: (values: Values, imageShape: readonly number[]) => sharedBudget(members(values), imageShape),
    accessOf: (values: Values) => strongestAccess(members(values)),
    prepare: (preparation: Preparation, values: Values) => prepareAll(preparation, members(values), (model) => surrogateFor(model, values)),
    run: (task: AttackTask<readonly unknown[]>, values: Values) =>
      runInTurn(task, members(values), task.prepared, surrogateFor(task.model, values)),
  } as const;
}
