/** Inputs of which exactly one member is given: a scheme, an optimizer or a schedule, with the parameters that its own description names. @module */
import { Field, Float, ID, InputType, type ClassType } from 'type-graphql';
import type { ParameterSpec } from '../../compute/parameters/index.js';
import { type Selection, optimizers, schedules, schemes, type SchemeUse } from '../../compute/training/index.js';
import type { RequestedScheme } from '../../services/training/training-request.js';
import { AttackInput, capitalised, parametersInput, requestedAttack } from '../attack/attack-input.js';
import { optionalRowId, rowId } from '../../storage/global-id.js';

interface Described {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
}

export type Members = Record<string, Record<string, unknown> | boolean | null | undefined>;

@InputType({ description: 'An attack to train on, and how often it is drawn.' })
class TrainingAttackInput {
  @Field(() => AttackInput, { description: 'The attack; its ε is the largest that is drawn.' })
  attack!: AttackInput;

  @Field(() => Float, { defaultValue: 1, description: 'Chance of being drawn, in proportion to the others.' })
  weight!: number;
}

@InputType({ description: 'What a network is trained on, and by which loss: give exactly one member.' })
export class TrainingSchemeInput {
  [name: string]: Members[string];
}

@InputType({ description: 'How gradients change weights: give exactly one member.' })
export class OptimizerInput {
  [name: string]: Members[string];
}

@InputType({ description: 'The learning rate by step: give exactly one member.' })
export class ScheduleInput {
  [name: string]: Members[string];
}

/** Inputs that the schema's builder marks as @oneOf. */
export const ONE_OF_INPUTS = ['TrainingSchemeInput', 'OptimizerInput', 'ScheduleInput', 'ClassifierInput'];

/** Members without parameters are given as `true`: GraphQL has no empty input. */
export function addMembers(input: ClassType, suffix: string, choices: readonly Described[]): Map<string, ClassType> {
  const types = new Map<string, ClassType>();
  for (const choice of choices) {
    if (Object.keys(choice.parameters).length === 0) {
      const description = `${choice.description} Give \`true\`.`;
      Field(() => Boolean, { nullable: true, description })(input.prototype as object, choice.name);
      continue;
    }
    const type = parametersInput(`${capitalised(choice.name)}${suffix}`, choice);
    types.set(choice.name, type);
    Field(() => type, { nullable: true, description: choice.description })(input.prototype as object, choice.name);
  }
  return types;
}

addMembers(OptimizerInput, 'OptimizerInput', optimizers);
addMembers(ScheduleInput, 'ScheduleInput', schedules);
const schemeTypes = addMembers(TrainingSchemeInput, 'TrainingInput', schemes);

/** Fields of a scheme's input for what it takes beside numbers. */
export const USE_FIELDS = { attacks: 'attacks', models: 'modelIds', unlabelled: 'unlabelledDatasetId' } as const satisfies Record<
  SchemeUse,
  string
>;

for (const { name, uses = {} } of schemes) {
  const prototype = schemeTypes.get(name)?.prototype as object;
  if (uses.attacks) Field(() => [TrainingAttackInput], { nullable: true, description: uses.attacks })(prototype, USE_FIELDS.attacks);
  if (uses.models) Field(() => [ID], { nullable: true, description: uses.models })(prototype, USE_FIELDS.models);
  if (uses.unlabelled) Field(() => ID, { nullable: true, description: uses.unlabelled })(prototype, USE_FIELDS.unlabelled);
}

/** Which member an input names. */
export function selectionOf(input: Members): Selection {
  const [name, given] = Object.entries(input).find(([, value]) => value !== null && value !== undefined)!;
  return { name, parameters: withoutNulls(given) as Selection['parameters'] };
}

export function requestedScheme(input: TrainingSchemeInput): RequestedScheme {
  const { name, parameters } = selectionOf(input);
  const { attacks, modelIds, unlabelledDatasetId, ...rest } = parameters as Record<string, unknown>;
  return {
    name,
    parameters: rest as Selection['parameters'],
    attacks: (attacks as TrainingAttackInput[] | undefined)?.map(({ attack, weight }) => ({ ...requestedAttack(attack), weight })),
    modelIds: (modelIds as string[] | undefined)?.map((id) => rowId(id, 'Model')),
    unlabelledDatasetId: optionalRowId(unlabelledDatasetId as string | undefined, 'Dataset'),
  };
}

function withoutNulls(given: Members[string]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined));
}
