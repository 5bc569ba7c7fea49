import { Field, ObjectType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import { AttackDistance } from './attack-distance.js';
import { AttackKindName } from './attack-kind.js';
import { type AttackDistance as AttackDistanceName, attacks } from '../../compute/attacks/index.js';
import { formatMagnitude } from '../../compute/parameters/index.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import { Norm } from './norm.js';
import { Magnitude } from '../scalars/magnitude.js';

@ObjectType({ description: 'An attack as it was run.' })
export class EvaluatedAttack {
  constructor(private readonly row: Pick<EvaluationRow, 'attackKind' | 'epsilon' | 'norm' | 'parameters'>) {}

  @Field(() => AttackKindName, { description: 'Which attack.' })
  get kind(): string {
    return this.row.attackKind;
  }

  @Field(() => Magnitude, { nullable: true, description: 'Its budget, in L0 a number of pixel values; null where there is no limit.' })
  get epsilon(): number | null {
    return this.row.epsilon;
  }

  @Field(() => String, {
    nullable: true,
    description: 'The budget as text that reads back to the same number, such as `8/255`; null where there is no limit.',
  })
  get epsilonText(): string | null {
    return this.row.epsilon === null ? null : formatMagnitude(this.row.epsilon);
  }

  @Field(() => Norm, { description: 'Norm that the budget is in.' })
  get norm(): Norm {
    return this.row.norm;
  }

  @Field(() => AttackDistance, {
    nullable: true,
    description: 'What it bounds or minimises, where that is no norm of the change: `Distortion.attackDistance`.',
  })
  get distance(): AttackDistanceName | null {
    return attacks.find(({ kind }) => kind === this.row.attackKind)?.distance ?? null;
  }

  @Field(() => GraphQLJSONObject, { description: 'All its parameters, defaults filled in.' })
  get parameters(): unknown {
    return this.row.parameters;
  }
}
