import { Field, ObjectType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import { AttackKindName } from './attack-kind.js';
import { Norm } from './norm.js';
import { Magnitude } from '../scalars/magnitude.js';

@ObjectType({ description: 'An attack as it was run.' })
export class EvaluatedAttack {
  @Field(() => AttackKindName, { description: 'Which attack.' })
  kind!: string;

  @Field(() => Magnitude, { nullable: true, description: 'Its budget, in L0 a number of pixel values; null where there is no limit.' })
  epsilon!: number | null;

  @Field(() => Norm, { description: 'Norm that the budget is in.' })
  norm!: Norm;

  @Field(() => GraphQLJSONObject, { description: 'All its parameters, defaults filled in.' })
  parameters!: unknown;
}
