import { Field, ObjectType } from 'type-graphql';
import type { Diagnostics as Counts } from '../../compute/evaluation/index.js';
import { wilson } from '../../compute/statistics/index.js';
import { Proportion } from '../statistics/proportion.js';

@ObjectType({
  description:
    'What the model does to attacks, measured on original images. Gradients are looked at for every eighth example; what is said of them is null where the model has none.',
})
export class Diagnostics {
  constructor(private readonly counts: Counts) {}

  @Field(() => Proportion, { description: 'Examples whose highest probability is exactly 1 in float32.' })
  get saturated(): Proportion {
    return wilson(this.counts.saturated, this.counts.examples);
  }

  @Field(() => Proportion, { description: 'Examples whose output is a distribution: in [0, 1] and of sum 1.' })
  get probabilities(): Proportion {
    return wilson(this.counts.probabilities, this.counts.examples);
  }

  @Field(() => Proportion, { description: 'Examples that had other scores when they were predicted again.' })
  get changed(): Proportion {
    return wilson(this.counts.changed, this.counts.sampled);
  }

  @Field(() => Proportion, { nullable: true, description: 'Examples whose gradient of the cross-entropy is zero everywhere.' })
  get zeroGradients(): Proportion | null {
    return this.ofGradients(this.counts.zeroGradients);
  }

  @Field(() => Proportion, {
    nullable: true,
    description: 'Examples whose gradient is so small that no image would change the loss by a hundredth, to first order.',
  })
  get vanishingGradients(): Proportion | null {
    return this.ofGradients(this.counts.vanishingGradients);
  }

  @Field(() => Proportion, { nullable: true, description: 'Examples whose loss or gradient is NaN or infinite.' })
  get nonFiniteGradients(): Proportion | null {
    return this.ofGradients(this.counts.nonFiniteGradients);
  }

  private ofGradients(count: number): Proportion | null {
    return this.counts.differentiated === 0 ? null : wilson(count, this.counts.differentiated);
  }
}
