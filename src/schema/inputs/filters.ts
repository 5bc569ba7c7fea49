/** Filters of lists: what is given must hold, all together. @module */
import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import { AttackKindName } from '../attack/attack-kind.js';
import { DatasetSplit, JobState, ModelStatus } from '../enums/index.js';
import { Magnitude } from '../scalars/magnitude.js';

@InputType({ description: 'Which models. What is given must hold, all together.' })
export class ModelFilter {
  @Field(() => String, { nullable: true, description: 'Part of the name, in upper or lower case.' })
  nameContains?: string;

  @Field(() => String, { nullable: true, description: 'Built-in architecture that it was made from.' })
  architecture?: string;

  @Field(() => String, { nullable: true, description: 'Fingerprint.' })
  fingerprint?: string;

  @Field(() => [ModelStatus], { nullable: true, description: 'With one of these.' })
  statuses?: ModelStatus[];
}

@InputType({ description: 'Which data sets. What is given must hold, all together.' })
export class DatasetFilter {
  @Field(() => String, { nullable: true, description: 'Part of the name, in upper or lower case.' })
  nameContains?: string;

  @Field(() => String, { nullable: true, description: 'Format of the files.' })
  format?: string;

  @Field(() => DatasetSplit, { nullable: true, description: 'Part of the whole.' })
  split?: DatasetSplit;
}

@InputType({ description: 'Which jobs. What is given must hold, all together.' })
export class JobFilter {
  @Field(() => [JobState], { nullable: true, description: 'In one of these states.' })
  states?: JobState[];

  @Field(() => String, { nullable: true, description: 'Of this kind.' })
  kind?: string;
}

@InputType({ description: 'Which evaluations. What is given must hold, all together.' })
export class EvaluationFilter {
  @Field(() => [ID], { nullable: true, description: 'Of one of these models.' })
  modelIds?: string[];

  @Field(() => [ID], { nullable: true, description: 'On one of these data sets.' })
  datasetIds?: string[];

  @Field(() => [AttackKindName], { nullable: true, description: 'Under one of these attacks.' })
  attackKinds?: string[];

  @Field(() => Magnitude, { nullable: true, description: 'With this budget.' })
  epsilon?: number;

  @Field(() => Magnitude, { nullable: true, description: 'With this budget or a larger one; no limit is larger than any.' })
  epsilonMin?: number;

  @Field(() => Magnitude, { nullable: true, description: 'With this budget or a smaller one.' })
  epsilonMax?: number;

  @Field(() => [JobState], { nullable: true, description: 'With a job in one of these states.' })
  states?: JobState[];

  @Field(() => Int, { nullable: true, description: 'With this seed.' })
  seed?: number;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'Asked for at this time or later.' })
  createdFrom?: Date;

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'Asked for before this time.' })
  createdBefore?: Date;
}

@InputType({ description: 'Which certifications. What is given must hold, all together.' })
export class CertificationFilter {
  @Field(() => [ID], { nullable: true, description: 'Of one of these models.' })
  modelIds?: string[];

  @Field(() => [ID], { nullable: true, description: 'On one of these data sets.' })
  datasetIds?: string[];

  @Field(() => Float, { nullable: true, description: 'With this σ.' })
  sigma?: number;

  @Field(() => [JobState], { nullable: true, description: 'With a job in one of these states.' })
  states?: JobState[];
}

@InputType({ description: 'Which training runs. What is given must hold, all together.' })
export class TrainingRunFilter {
  @Field(() => ID, { nullable: true, description: 'That started from this model.' })
  baseModelId?: string;

  @Field(() => ID, { nullable: true, description: 'On this data set.' })
  datasetId?: string;

  @Field(() => String, { nullable: true, description: 'By this scheme, such as `algorithm1`.' })
  scheme?: string;

  @Field(() => [JobState], { nullable: true, description: 'With a job in one of these states.' })
  states?: JobState[];
}
