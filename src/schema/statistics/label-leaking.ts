import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { LeakingTest } from '../../services/statistics/label-leaking.js';
import { connectionOf } from '../relay/connection.js';
import { Estimate } from './estimate.js';

@ObjectType({
  description:
    'A model under a one-step attack. It leaks labels where it is right more often with the attack than without it (Kurakin, Goodfellow and Bengio 2017, section 4.1).',
})
export class LabelLeaking {
  constructor(
    readonly evaluationId: string,
    private readonly test: LeakingTest,
  ) {}

  @Field(() => Int, { description: 'Examples that are right only with the attack.' })
  get gained(): number {
    return this.test.gained;
  }

  @Field(() => Int, { description: 'Examples that are right only without it.' })
  get lost(): number {
    return this.test.lost;
  }

  @Field(() => Estimate, { description: 'Adversarial less clean accuracy; interval for paired proportions by Bonett and Price (2012).' })
  get difference(): Estimate {
    return this.test.difference;
  }

  @Field(() => Float, { description: 'Exact McNemar test that the attack makes the model right more often, one-sided.' })
  get pValue(): number {
    return this.test.pValue;
  }

  @Field(() => Float, { description: "The same by Holm's correction over the whole list: below α, the model leaks labels at level α." })
  get adjustedPValue(): number {
    return this.test.adjustedPValue;
  }
}

export const LabelLeakingConnection = connectionOf('LabelLeaking', LabelLeaking);
export type LabelLeakingConnection = InstanceType<typeof LabelLeakingConnection>;
