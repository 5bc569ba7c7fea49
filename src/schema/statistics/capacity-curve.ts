import { Field, Float, Int, ObjectType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import type { ParameterValues } from '../../compute/parameters/index.js';
import type { CapacityCurves, CapacityPoint as Point } from '../../services/statistics/capacity-curve.js';
import { Estimate } from './estimate.js';
import { Proportion } from './proportion.js';

@ObjectType({ description: 'A model of one width.' })
export class CapacityPoint {
  constructor(readonly point: Point) {}

  @Field(() => Float, { description: "ρ: factor on the architecture's own number of channels and hidden units." })
  get width(): number {
    return this.point.width;
  }

  @Field(() => Proportion, { description: 'Accuracy on the original images.' })
  get clean(): Proportion {
    return this.point.clean;
  }

  @Field(() => Proportion, { description: 'Accuracy on the adversarial images.' })
  get adversarial(): Proportion {
    return this.point.adversarial;
  }

  @Field(() => Estimate, {
    description: 'Adversarial over clean accuracy; interval for the ratio of paired proportions by Bonett and Price (2006).',
  })
  get ratio(): Estimate {
    return this.point.ratio;
  }
}

@ObjectType({ description: 'Models of one architecture, trained by one scheme.' })
export class ArchitectureCapacity {
  constructor(private readonly curve: CapacityCurves['curves'][number]) {}

  @Field(() => String, { description: 'The architecture.' })
  get architecture(): string {
    return this.curve.architecture;
  }

  @Field(() => String, { description: 'The training scheme.' })
  get scheme(): string {
    return this.curve.scheme;
  }

  @Field(() => [CapacityPoint], { description: 'From narrow to wide.' })
  get points(): CapacityPoint[] {
    return this.curve.points.map((point) => new CapacityPoint(point));
  }
}

@ObjectType({
  description:
    'What networks of different widths keep of their accuracy under an attack, all on the same examples and with the same parameters: those of most models, then the largest range, then the newest.',
})
export class CapacityCurve {
  constructor(private readonly result: CapacityCurves) {}

  @Field(() => Int, { nullable: true, description: 'Position of the first example; null where nothing has finished.' })
  get offset(): number | undefined {
    return this.result.configuration?.offset;
  }

  @Field(() => Int, { nullable: true, description: 'Number of examples; null where nothing has finished.' })
  get sampleCount(): number | undefined {
    return this.result.configuration?.sampleCount;
  }

  @Field(() => GraphQLJSONObject, { nullable: true, description: "The attack's parameters; null where nothing has finished." })
  get parameters(): ParameterValues | undefined {
    return this.result.configuration?.parameters;
  }

  @Field(() => [ArchitectureCapacity], { description: 'By architecture and training scheme.' })
  get curves(): ArchitectureCapacity[] {
    return this.result.curves.map((curve) => new ArchitectureCapacity(curve));
  }
}
