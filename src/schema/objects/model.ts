import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLDateTimeISO, GraphQLJSONObject } from 'graphql-scalars';
import type { Model as ModelRow } from '../../storage/generated/client.js';
import { ModelFormat, OutputKind, Visibility } from '../enums/index.js';
import { Node } from '../relay/node.js';
import { connectionOf } from '../relay/connection.js';
import { orderInput } from '../relay/order.js';
import { ModelSpec } from './model-spec.js';

@ObjectType({ implements: Node, description: 'An image classifier that can be attacked.' })
export class Model extends Node {
  constructor(readonly row: ModelRow) {
    super('Model', row.id);
  }

  @Field(() => String, { description: 'Name: unique among public models, and among the private ones of an owner.' })
  get name(): string {
    return this.row.name;
  }

  @Field(() => String, { nullable: true, description: 'What its submitter says about it.' })
  get description(): string | null {
    return this.row.description;
  }

  @Field(() => String, { description: 'Name of the principal that submitted it; `server` where it came with the server.' })
  get owner(): string {
    return this.row.owner;
  }

  @Field(() => Visibility, { description: 'Who sees it.' })
  get visibility(): Visibility {
    return this.row.visibility;
  }

  @Field(() => ModelFormat, { description: 'Format of its files.' })
  get format(): ModelFormat {
    return this.row.format;
  }

  @Field(() => String, { nullable: true, description: 'Built-in architecture that it was made from; null for an uploaded model.' })
  get architecture(): string | null {
    return this.row.architecture;
  }

  @Field(() => Int, { nullable: true, description: 'Seed of its weights, where it was made from a built-in architecture.' })
  get seed(): number | null {
    return this.row.seed;
  }

  @Field(() => ModelSpec, { description: 'What it expects of an image.' })
  get spec(): ModelSpec {
    return this.row.spec as unknown as ModelSpec;
  }

  @Field(() => OutputKind, { description: 'What its output is.' })
  get output(): OutputKind {
    return this.row.output;
  }

  @Field(() => String, { description: 'SHA-256 of its topology, spec and weights: equal models have equal fingerprints.' })
  get fingerprint(): string {
    return this.row.fingerprint;
  }

  @Field(() => Int, { description: 'Number of weights.' })
  get parameterCount(): number {
    return this.row.parameterCount;
  }

  @Field(() => GraphQLJSONObject, { description: 'Layer types with their counts.' })
  get operations(): unknown {
    return this.row.operations;
  }

  @Field(() => [String], { description: 'What the import found worth saying.' })
  get warnings(): string[] {
    return this.row.warnings;
  }

  @Field(() => String, { description: 'Path of its files as an archive, below the address of this server.' })
  get downloadUrl(): string {
    return `/artifacts/${this.row.artifactId}`;
  }

  @Field(() => GraphQLDateTimeISO, { description: 'When it was submitted.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }
}

export const ModelConnection = connectionOf('Model', Model);
export type ModelConnection = InstanceType<typeof ModelConnection>;

export enum ModelOrderField {
  CREATED_AT = 'createdAt',
  NAME = 'name',
}

registerEnumType(ModelOrderField, {
  name: 'ModelOrderField',
  description: 'What models are ordered by.',
  valuesConfig: { CREATED_AT: { description: 'Time of submission.' }, NAME: { description: 'Name.' } },
});

export const ModelOrder = orderInput('ModelOrder', ModelOrderField, ModelOrderField.CREATED_AT);
export type ModelOrder = InstanceType<typeof ModelOrder>;
