import { Field, InputType } from 'type-graphql';
import { JobState } from './job-state.js';

@InputType({ description: 'Which jobs. What is given must hold, all together.' })
export class JobFilter {
  @Field(() => [JobState], { nullable: true, description: 'In one of these states.' })
  states?: JobState[];

  @Field(() => String, { nullable: true, description: 'Of this kind.' })
  kind?: string;

  @Field(() => [String], { nullable: true, description: 'Of one of these owners.' })
  owners?: string[];
}
