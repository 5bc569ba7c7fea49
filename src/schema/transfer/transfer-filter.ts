import { Field, ID, InputType } from 'type-graphql';
import { JobState } from '../job/job-state.js';

@InputType({ description: 'Which transfers. What is given must hold, all together.' })
export class TransferFilter {
  @Field(() => ID, { nullable: true, description: 'From this source.' })
  sourceId?: string;

  @Field(() => ID, { nullable: true, description: 'To this target.' })
  targetId?: string;

  @Field(() => ID, { nullable: true, description: 'On this data set.' })
  datasetId?: string;

  @Field(() => [JobState], { nullable: true, description: 'With a job in one of these states.' })
  states?: JobState[];
}
