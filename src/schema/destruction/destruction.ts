import { Field, Float, Int, ObjectType } from 'type-graphql';
import { wilson } from '../../compute/statistics/index.js';
import type { TransformationStep as Step } from '../../compute/data/index.js';
import type { Destruction as DestructionRow } from '../../storage/generated/client.js';
import { resultsOf, transformationsOf } from '../../storage/json.js';
import { Proportion } from '../statistics/proportion.js';
import { RequestedNode } from '../relay/requested-node.js';
import { Column } from '../column.js';

@ObjectType({ description: 'A transformation, and how much of it.' })
class TransformationStep {
  @Field(() => String, { description: 'Member of `TransformationInput`.' })
  name!: string;

  @Field(() => Float, { description: 'How much of it.' })
  amount!: number;
}

@ObjectType({ description: 'What one transformation leaves.' })
export class DestructionResult {
  @Field(() => [TransformationStep], { description: 'What was done to the images, in order.' })
  steps!: Step[];

  @Field(() => Proportion, {
    description:
      'Destruction rate (Kurakin et al. 2016): of the adversarial images that fooled the model, whose originals it gets right, the share that it gets right once they are transformed.',
  })
  rate!: Proportion;

  @Field(() => Proportion, {
    description: 'Of the original images that the model gets right, the share that it still gets right once they are transformed.',
  })
  clean!: Proportion;
}

@ObjectType({ implements: RequestedNode, description: 'What transformations leave of the adversarial images of an evaluation.' })
export class Destruction extends RequestedNode {
  constructor(readonly row: DestructionRow) {
    super('Destruction', row.id);
  }

  @Field(() => [DestructionResult], { description: 'Those that are done, in the order in which they were asked for.' })
  get results(): DestructionResult[] {
    const transformations = transformationsOf(this.row);
    return resultsOf(this.row).map(({ right, stillRight, successes, destroyed }, i) => ({
      steps: transformations[i]!,
      rate: wilson(destroyed, successes),
      clean: wilson(stillRight, right),
    }));
  }

  @Column(() => Int, { description: 'Seed of the noise.' })
  readonly seed!: number;
}
