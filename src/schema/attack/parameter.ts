import { Field, Float, ObjectType } from 'type-graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { isRequired, type ParameterSpec } from '../../compute/parameters/index.js';

@ObjectType({ description: 'A parameter of an attack, or of what trains a model.' })
export class Parameter {
  constructor(
    parameterName: string,
    private readonly spec: ParameterSpec,
  ) {
    this.name = parameterName;
  }

  static all(specs: Readonly<Record<string, ParameterSpec>>): Parameter[] {
    return Object.entries(specs).map(([name, spec]) => new Parameter(name, spec));
  }

  @Field(() => String, { description: 'Field of the input.' })
  readonly name: string;

  @Field(() => String, {
    description:
      '`magnitude`, `integer`, `number`, `boolean`, `choice`, `choices` (a list of them), `integers` (a list of whole numbers), `numbers` (a list), `models` (a list of ids) or `attacks`.',
  })
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
    return 'minimum' in this.spec || this.spec.type === 'numbers' ? this.spec.maximum : undefined;
  }

  @Field(() => [String], { nullable: true, description: 'Allowed values, of choices.' })
  get values(): string[] | undefined {
    return 'values' in this.spec ? Object.keys(this.spec.values) : undefined;
  }
}
