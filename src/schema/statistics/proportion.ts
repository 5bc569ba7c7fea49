import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A share of examples, with its 95 % Wilson interval.' })
export class Proportion {
  @Field(() => Float, { nullable: true, description: 'The share, from 0 to 1; null where n is 0.' })
  value!: number | null;

  @Field(() => Float, { description: 'Lower end of the interval.' })
  lower!: number;

  @Field(() => Float, { description: 'Upper end of the interval.' })
  upper!: number;

  @Field(() => Int, { description: 'Number of examples.' })
  n!: number;
}
