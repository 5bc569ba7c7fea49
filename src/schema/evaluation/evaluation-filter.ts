import { Field, ID, InputType, Int } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import { AttackKindName } from '../attack/attack-kind.js';
import { Norm } from '../attack/norm.js';
import { JobState } from '../job/job-state.js';
import { Visibility } from '../model/visibility.js';
import { Magnitude } from '../scalars/magnitude.js';

@InputType({ description: 'Which evaluations. What is given must hold, all together.' })
export class EvaluationFilter {
  @Field(() => [ID], { nullable: true, description: 'Of one of these models.' })
  modelIds?: string[];

  @Field(() => [ID], { nullable: true, description: 'On one of these data sets.' })
  datasetIds?: string[];

  @Field(() => [AttackKindName], { nullable: true, description: 'Under one of these attacks.' })
  attackKinds?: string[];

  @Field(() => [Norm], { nullable: true, description: 'With a budget in one of these norms.' })
  norms?: Norm[];

  @Field(() => [String], { nullable: true, description: 'Started by one of these token names.' })
  owners?: string[];

  @Field(() => [Visibility], { nullable: true, description: 'Of models with one of these.' })
  visibilities?: Visibility[];

  @Field(() => [String], { nullable: true, description: 'With a finding of one of these codes, such as `NOT_CONVERGED`.' })
  findings?: string[];

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

  @Field(() => [String], { nullable: true, description: 'With all of these tags.' })
  tags?: string[];
}
