import { Field, ObjectType } from 'type-graphql';
import type { Diagnostics as Counts } from '../../compute/diagnostics.js';
import { wilson } from '../../compute/metrics/proportion.js';
import { Proportion } from './proportion.js';

@ObjectType({
  description: 'What the model does to attacks, measured on original images. Gradients are looked at for every eighth example.',
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

  @Field(() => Proportion, { description: 'Examples whose gradient of the cross-entropy is zero everywhere.' })
  get zeroGradients(): Proportion {
    return wilson(this.counts.zeroGradients, this.counts.sampled);
  }

  @Field(() => Proportion, {
    description: 'Examples whose gradient is so small that no image would change the loss by a hundredth, to first order.',
  })
  get vanishingGradients(): Proportion {
    return wilson(this.counts.vanishingGradients, this.counts.sampled);
  }

  @Field(() => Proportion, { description: 'Examples whose loss or gradient is NaN or infinite.' })
  get nonFiniteGradients(): Proportion {
    return wilson(this.counts.nonFiniteGradients, this.counts.sampled);
  }
}
