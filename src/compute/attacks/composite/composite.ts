/** Attacks in turn, each on the examples that are still correctly classified. @module */
import { ComputeError } from '../../errors.js';
import type { AnyModel } from '../../models/index.js';
import { targetsOf } from '../core/labels.js';
import { Survivors } from '../core/survivors.js';
import {
  type Access,
  ACCESS,
  type AttackDefinition,
  type AttackedModel,
  type AttackOutput,
  type AttackStage,
  type AttackTask,
  type Preparation,
} from '../core/definition.js';
import type { Budget } from '../../distances/index.js';
import type { ParameterValues } from '../../parameters/index.js';

export interface ConfiguredAttack {
  readonly definition: AttackDefinition;
  readonly parameters: ParameterValues;
}

/** Another model for the members to attack, in place of the one that success is measured on. */
export interface SurrogateModel {
  readonly model: AnyModel;
  /** Passes of the model that one of its passes takes. */
  readonly passes: number;
}

/** No surrogate: the model under attack itself. */
export const itself = (model: AnyModel): SurrogateModel => ({ model, passes: 1 });

/**
 * Every member draws the random numbers that it would draw alone, so the list fools every example that a member fools alone. A member may have a target; to the
 * whole, any wrong class counts.
 * @param prepared by each member, in their order. @param surrogate default: the model itself.
 */
export async function runInTurn(
  task: AttackTask,
  members: readonly ConfiguredAttack[],
  prepared: readonly unknown[] = [],
  surrogate: SurrogateModel = itself(task.model),
): Promise<AttackOutput> {
  const survivors = new Survivors(task, sharedBudget(members, task.model.spec.inputShape));
  const stages: AttackStage[] = [];
  for (const [i, member] of members.entries()) {
    const start = task.clock();
    if (members.length > 1) task.meter?.begin(member.definition.kind, i, members.length);
    // Images of the only member are looked at by whoever evaluates the attack, as those of the member alone would be.
    if (survivors.count > 0) await runStage(survivors, member, prepared[i], surrogate, members.length === 1);
    stages.push({ kind: member.definition.kind, robust: survivors.undone, seconds: (task.clock() - start) / 1000 });
  }
  return { ...survivors.output(), stages };
}

/** One member, on what is left. */
async function runStage(
  survivors: Survivors,
  { definition, parameters }: ConfiguredAttack,
  prepared: unknown,
  surrogate: SurrogateModel,
  isOnly: boolean,
): Promise<void> {
  const left = survivors.task();
  const targets = targetsOf(left, definition, parameters);
  const attacked = named({ ...left, ...left.on(surrogate.model), targets }, definition.kind);
  const { images, queries, gradients } = await definition.run({ ...attacked, prepared }, parameters);
  const spent = (passes: Int32Array) => passes.map((count) => count * surrogate.passes);
  survivors.spend(spent(queries), spent(gradients));
  await survivors.release(images, undefined, isOnly);
}

/** What each member prepares, in their order. */
export async function prepareAll(
  preparation: Preparation,
  members: readonly ConfiguredAttack[],
  surrogateFor: (model: AnyModel) => SurrogateModel,
): Promise<readonly unknown[]> {
  const prepared: unknown[] = [];
  for (const { definition, parameters } of members) {
    const examples = async (count: number) => {
      const task = await preparation.examples(count);
      return named({ ...task, ...task.on(surrogateFor(task.model).model) }, definition.kind);
    };
    prepared.push(await definition.prepare?.({ ...preparation, examples }, parameters));
  }
  return prepared;
}

/** Members may give the same names to different functions. */
export function named<Attacked extends AttackedModel>(attacked: Attacked, kind: string): Attacked {
  return {
    ...attacked,
    compile: (name, inputs, fn) => attacked.compile(`${kind}.${name}`, inputs, fn),
    on: (model) => named(attacked.on(model), kind),
  };
}

/**
 * The budget that all members share.
 * @param imageShape height, width and channels. @throws ComputeError INVALID_ATTACK where they do not.
 */
export function sharedBudget(members: readonly ConfiguredAttack[], imageShape: readonly number[]): Budget {
  const [first, ...others] = members.map(({ definition, parameters }) => ({ definition, ...definition.budget(parameters, imageShape) }));
  for (const other of others) {
    if (other.norm === first!.norm && other.epsilon === first!.epsilon) continue;
    const said = ({ definition, norm, epsilon }: Budget & { definition: AttackDefinition }) =>
      `${definition.kind} ${epsilon === Infinity ? `has no limit in ${norm}` : `has ε = ${epsilon} in ${norm}`}`;
    const message = `The attacks of a list share one budget, and ${said(first!)}, but ${said(other)}. Give all the same norm and ε.`;
    throw new ComputeError('INVALID_ATTACK', message, ['attacks']);
  }
  return { norm: first!.norm, epsilon: first!.epsilon };
}

/** The most that any member needs of the model. */
export function strongestAccess(members: readonly ConfiguredAttack[]): Access {
  const needed = members.map(({ definition, parameters }) => definition.accessOf?.(parameters) ?? definition.access);
  return ACCESS[Math.max(...needed.map((access) => ACCESS.indexOf(access)))]!;
}
