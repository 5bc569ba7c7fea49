/**
 * The GraphQL input of every attack, made from the attack's own description of its parameters.
 * @module
 */
import { Field, Float, ID, InputType, Int, registerEnumType, type ClassType } from 'type-graphql';
import {
  type AttackChoice,
  type ChoiceParameter,
  type ChoicesParameter,
  isRequired,
  type ParameterSpec,
  type ParameterValue,
  type ParameterValues,
} from '../../compute/parameters/index.js';
import { type AttackDefinition, attacks } from '../../compute/attacks/index.js';
import { Magnitude } from '../scalars/magnitude.js';

/** Name of the input of which exactly one member is given; the schema's builder marks it as such. */
export const ATTACK_INPUT = 'AttackInput';

@InputType(ATTACK_INPUT, { description: 'One attack with its parameters: give exactly one member.' })
export class AttackInput {
  [name: string]:
    Readonly<Record<string, Exclude<ParameterValue, readonly AttackChoice[]> | readonly AttackInput[] | null>> | null | undefined;
}

export interface RequestedAttack {
  readonly definition: AttackDefinition;
  readonly parameters: ParameterValues;
}

/** Which attack an input names. */
export function requestedAttack(input: AttackInput): RequestedAttack {
  for (const definition of attacks) {
    const parameters = input[definition.name];
    if (!parameters) continue;
    const values = Object.entries(parameters).map(([name, value]) => [name, Array.isArray(value) ? value.map(listed) : value]);
    return { definition, parameters: Object.fromEntries(values) as ParameterValues };
  }
  throw new TypeError('GraphQL let an AttackInput without a member pass.');
}

/** A member of a list as compute knows it. */
function listed(input: AttackInput | number | string): AttackChoice | number | string {
  if (typeof input !== 'object') return input;
  const { definition, parameters } = requestedAttack(input);
  return { kind: definition.kind, parameters };
}

const enums = new Map<string, Record<string, string>>();

function parameterType(spec: ParameterSpec) {
  switch (spec.type) {
    case 'magnitude':
      return Magnitude;
    case 'integer':
      return Int;
    case 'number':
      return Float;
    case 'boolean':
      return Boolean;
    case 'choice':
      return choiceEnum(spec);
    case 'choices':
      return [choiceEnum(spec)];
    case 'integers':
      return [Int];
    case 'attacks':
      return [AttackInput];
    case 'models':
      return [ID];
    case 'numbers':
      return [Float];
  }
}

/** Attacks may share an enum by its name. */
function choiceEnum({ enumName, values, description }: ChoiceParameter | ChoicesParameter): Record<string, string> {
  const known = enums.get(enumName);
  if (known) return known;
  const names = Object.fromEntries(Object.keys(values).map((name) => [name, name]));
  registerEnumType(names, {
    name: enumName,
    description,
    valuesConfig: Object.fromEntries(Object.entries(values).map(([name, description]) => [name, { description }])),
  });
  enums.set(enumName, names);
  return names;
}

/** An input type made from descriptions of parameters. @param typeName such as `FgsmInput`. */
export function parametersInput(
  typeName: string,
  { title, description, parameters }: Pick<AttackDefinition, 'title' | 'description' | 'parameters'>,
): ClassType {
  const Parameters = class {};
  InputType(typeName, { description: `${title}: ${description}` })(Parameters);
  for (const [parameter, spec] of Object.entries(parameters)) {
    const type = parameterType(spec);
    const defaultValue = 'default' in spec ? spec.default : undefined;
    Field(() => type, {
      description: spec.description,
      // A budget may come from `epsilons` instead; where neither is given, the service says so.
      nullable: defaultValue === undefined && (!isRequired(spec) || parameter === 'epsilon'),
      ...(defaultValue === undefined ? {} : { defaultValue }),
    })(Parameters.prototype, parameter);
  }
  return Parameters;
}

export function capitalised(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}

for (const attack of attacks) {
  const Parameters = parametersInput(`${capitalised(attack.name)}Input`, attack);
  Field(() => Parameters, { nullable: true, description: attack.description })(AttackInput.prototype, attack.name);
}
