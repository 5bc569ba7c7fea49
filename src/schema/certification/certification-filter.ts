import { Field, Float, ID, InputType } from 'type-graphql';
import { JobState } from '../job/job-state.js';

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
