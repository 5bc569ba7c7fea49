import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { RequestCost } from '../../services/evaluation/evaluation-cost.js';

@ObjectType({
  description:
    'What a request would cost, from what evaluations under the same attacks have taken on the same kind of engine: of the same network where there are some, else of others, by multiplications of an image.',
})
export class EvaluationCost {
  constructor(private readonly request: RequestCost) {}

  @Field(() => Int, { description: 'Evaluations of the request.' })
  get evaluationCount(): number {
    return this.request.evaluations;
  }

  @Field(() => Int, { description: 'Those of them that were requested before, and cost nothing.' })
  get existingCount(): number {
    return this.request.existing;
  }

  @Field(() => Int, { description: 'Of the others, those of which nothing comparable was measured: they are not in `seconds`.' })
  get unknownCount(): number {
    return this.request.unknown;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'Seconds of computing, one evaluation after the other, without waiting in the queue and compiling; null where none can be estimated.',
  })
  get seconds(): number | undefined {
    return this.request.cost?.value;
  }

  @Field(() => Float, { nullable: true, description: 'Lower end of the 95 % prediction interval.' })
  get lower(): number | undefined {
    return this.request.cost?.lower;
  }

  @Field(() => Float, { nullable: true, description: 'Upper end of the 95 % prediction interval.' })
  get upper(): number | undefined {
    return this.request.cost?.upper;
  }

  @Field(() => Int, { description: 'Measured evaluations that the least known of them rests on.' })
  get measurementCount(): number {
    return this.request.cost?.measurements ?? 0;
  }
}
