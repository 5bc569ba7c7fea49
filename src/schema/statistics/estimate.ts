import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A number that was estimated, with its 95 % interval.' })
export class Estimate {
  @Field(() => Float, { nullable: true, description: 'The estimate; null where it is not defined.' })
  value!: number | null;

  @Field(() => Float, { description: 'Lower end of the interval.' })
  lower!: number;

  @Field(() => Float, { nullable: true, description: 'Upper end of the interval; null where it has none.' })
  upper!: number | null;

  @Field(() => Int, { description: 'Number of examples or models that it was estimated from.' })
  n!: number;
}
