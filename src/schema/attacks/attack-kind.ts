import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { imported } from '../../compute/attacks/imported.js';
import { isRequired } from '../../compute/attacks/parameters.js';
import { attacks } from '../../compute/attacks/registry.js';
import type { AttackDefinition, AttackReference as Reference, ParameterSpec } from '../../compute/attacks/types.js';
import { AttackAccess, Norm } from '../enums/index.js';

/** Also what no client names as an attack. */
const kinds = [...attacks, imported];

/** Enum of all kinds, for filters. */
export const AttackKindName: Record<string, string> = Object.fromEntries(kinds.map(({ kind }) => [kind, kind]));

registerEnumType(AttackKindName, {
  name: 'AttackKindName',
  description: 'Attacks by name; `attackKinds` is their catalogue.',
  valuesConfig: Object.fromEntries(kinds.map(({ kind, title }) => [kind, { description: title }])),
});

@ObjectType({ description: 'Where an attack was published.' })
export class AttackReference {
  @Field(() => String, { description: 'Title of the publication.' })
  title!: string;

  @Field(() => String, { description: 'Its authors.' })
  authors!: string;

  @Field(() => Int, { description: 'Year of publication.' })
  year!: number;

  @Field(() => String, { description: 'arXiv id or DOI.' })
  link!: string;
}

@ObjectType({ description: 'A parameter of an attack.' })
export class AttackParameter {
  constructor(
    parameterName: string,
    private readonly spec: ParameterSpec,
  ) {
    this.name = parameterName;
  }

  @Field(() => String, { description: "Field of the attack's input." })
  readonly name: string;

  @Field(() => String, { description: '`magnitude`, `integer`, `number`, `boolean`, `choice` or `attacks`.' })
  get type(): string {
    return this.spec.type;
  }

  @Field(() => String, { description: 'What it means, with units.' })
  get description(): string {
    return this.spec.description;
  }

  @Field(() => GraphQLJSON, { nullable: true, description: 'Value where none is given; null where it is required or derived.' })
  get default(): unknown {
    return 'default' in this.spec ? this.spec.default : undefined;
  }

  @Field(() => Boolean, { description: 'Whether a value must be given.' })
  get required(): boolean {
    return isRequired(this.spec);
  }

  @Field(() => Float, { nullable: true, description: 'Smallest value, of numbers.' })
  get minimum(): number | undefined {
    return 'minimum' in this.spec ? this.spec.minimum : undefined;
  }

  @Field(() => Float, { nullable: true, description: 'Largest value, of numbers.' })
  get maximum(): number | undefined {
    return 'minimum' in this.spec ? this.spec.maximum : undefined;
  }

  @Field(() => [String], { nullable: true, description: 'Allowed values, of choices.' })
  get values(): string[] | undefined {
    return this.spec.type === 'choice' ? Object.keys(this.spec.values) : undefined;
  }
}

@ObjectType({ description: 'An attack that this server can run.' })
export class AttackKind {
  constructor(private readonly definition: AttackDefinition) {}

  @Field(() => AttackKindName, { description: 'Name in filters and results.' })
  get kind(): string {
    return this.definition.kind;
  }

  @Field(() => String, { description: 'Member of `AttackInput`.' })
  get name(): string {
    return this.definition.name;
  }

  @Field(() => String, { description: 'Name as publications write it.' })
  get title(): string {
    return this.definition.title;
  }

  @Field(() => String, { description: 'What it does.' })
  get description(): string {
    return this.definition.description;
  }

  @Field(() => AttackAccess, { description: 'What it needs of the model.' })
  get access(): string {
    return this.definition.access;
  }

  @Field(() => [Norm], { description: 'Norms that its budget may be in.' })
  get norms(): readonly string[] {
    return this.definition.norms;
  }

  @Field(() => Boolean, { description: 'Whether it aims at a class, rather than away from one.' })
  get targeted(): boolean {
    return this.definition.targeted;
  }

  @Field(() => [AttackParameter], { description: 'Its parameters.' })
  get parameters(): AttackParameter[] {
    return Object.entries(this.definition.parameters).map(([name, spec]) => new AttackParameter(name, spec));
  }

  @Field(() => AttackReference, { description: 'Where it was published.' })
  get reference(): Reference {
    return this.definition.reference;
  }
}
