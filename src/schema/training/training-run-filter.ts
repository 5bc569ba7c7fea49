import { Field, ID, InputType } from 'type-graphql';
import { JobState } from '../job/job-state.js';

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
