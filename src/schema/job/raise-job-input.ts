import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'A job whose parts are to come before those of all others.' })
export class RaiseJobInput {
  @Field(() => ID, { description: 'Id of the job.' })
  jobId!: string;
}
