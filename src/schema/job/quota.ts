import { Field, Float, ObjectType } from 'type-graphql';

@ObjectType({ description: 'What is taken up of something that has a limit.' })
export class Quota {
  @Field(() => Float, { description: 'Taken up.' })
  used!: number;

  @Field(() => Float, { nullable: true, description: 'The most; null where there is no limit.' })
  limit!: number | null;
}

@ObjectType({ description: 'What the tokens of one name have taken up, and may.' })
export class Quotas {
  @Field(() => Quota, { description: 'Jobs that wait or run.' })
  jobs!: Quota;

  @Field(() => Quota, { description: 'Seconds of computing today (UTC).' })
  computeSeconds!: Quota;

  @Field(() => Quota, { description: 'Uploads that have not become a model.' })
  uploads!: Quota;

  @Field(() => Quota, { description: 'Bytes of uploads, models, kept images and checkpoints.' })
  storedBytes!: Quota;
}
