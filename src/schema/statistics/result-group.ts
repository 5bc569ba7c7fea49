import { Field, Int, ObjectType } from 'type-graphql';
import type { ResultGroup as Group } from '../../services/statistics/results.js';
import { AttackKindName } from '../attack/attack-kind.js';
import { Norm } from '../attack/norm.js';
import { Magnitude } from '../scalars/magnitude.js';

@ObjectType({ description: 'A threat model on a data set of which there are results.' })
export class ResultGroup {
  constructor(readonly group: Group) {}

  @Field(() => Norm, { description: 'Norm of the budget.' })
  get norm(): string {
    return this.group.norm;
  }

  @Field(() => Magnitude, { nullable: true, description: 'Budget; null for attacks without one.' })
  get epsilon(): number | null {
    return this.group.epsilon;
  }

  @Field(() => [AttackKindName], { description: 'Attacks that have finished under it, by name.' })
  get attackKinds(): readonly string[] {
    return this.group.attackKinds;
  }

  @Field(() => Int, { description: 'Number of finished evaluations.' })
  get evaluationCount(): number {
    return this.group.evaluationCount;
  }
}
