import { Field, Float, ObjectType } from 'type-graphql';
import { type AttackStage, findAttack } from '../../compute/attacks/index.js';
import { wilson } from '../../compute/statistics/index.js';
import { AttackKindName } from '../attack/attack-kind.js';
import { Proportion } from '../statistics/proportion.js';

@ObjectType({ description: 'An attack of a list, such as AutoAttack, after it was run on what those before it left.' })
export class EvaluationStage {
  constructor(
    private readonly stage: AttackStage,
    private readonly sampleCount: number,
  ) {}

  @Field(() => AttackKindName, { description: 'The attack.' })
  get attack(): string {
    return this.stage.kind;
  }

  @Field(() => String, { description: 'Its title.' })
  get name(): string {
    return findAttack(this.stage.kind).title;
  }

  @Field(() => Proportion, {
    description:
      'Accuracy after it: the share of all examples that neither it nor an attack before it has fooled, and that were right before.',
  })
  get accuracy(): Proportion {
    return wilson(this.stage.robust, this.sampleCount);
  }

  @Field(() => Float, { description: 'Seconds that it took, without compiling.' })
  get seconds(): number {
    return this.stage.seconds;
  }
}
