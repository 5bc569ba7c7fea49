/** Attacks that run a list of others, each on what those before it left standing. @module */
import type { AnyModel } from '../../models/types.js';
import { prepareAll, runInTurn, sharedBudget, strongestAccess, type Member, type StandIn } from './composite.js';
import type { AttackChoice, ParameterValues } from '../../parameters/descriptions.js';
import type { AttackDefinition } from '../core/definition.js';

const MOST_ATTACKS = 20;

type Own = Omit<AttackDefinition, 'budget' | 'accessOf' | 'prepare' | 'run' | 'targeted' | 'access' | 'norms'>;

/**
 * @param own what the attack says of itself; its parameters beside the list.
 * @param of attacks that may be in the list. @param description of the list.
 * @param standInFor the model that they are run on. Default: the one under attack.
 */
export function attackList(
  own: Own,
  of: readonly AttackDefinition[],
  description: string,
  standInFor: (model: AnyModel, parameters: ParameterValues) => StandIn = (model) => ({ model, passes: 1 }),
): AttackDefinition {
  const members = ({ attacks }: ParameterValues): Member[] =>
    (attacks as readonly AttackChoice[]).map(({ kind, parameters }) => ({
      definition: of.find((definition) => definition.kind === kind)!,
      parameters,
    }));
  const budget: AttackDefinition['budget'] = (parameters, imageShape) => sharedBudget(members(parameters), imageShape);
  return {
    ...own,
    access: 'GRADIENT',
    norms: ['LINF', 'L2', 'L1', 'L0'],
    targeted: false,
    parameters: { attacks: { type: 'attacks', of, maximum: MOST_ATTACKS, description }, ...own.parameters },
    budget,
    accessOf: (parameters) => strongestAccess(members(parameters)),
    prepare: (preparation, parameters) => prepareAll(preparation, members(parameters), (model) => standInFor(model, parameters)),
    run: (task, parameters) =>
      runInTurn(task, budget(parameters, task.model.spec.inputShape), members(parameters), standInFor(task.model, parameters)),
  };
}
