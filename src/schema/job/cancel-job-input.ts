import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'A job to stop.' })
export class CancelJobInput {
  @Field(() => ID, { description: 'Id of the job.' })
  jobId!: string;
}
