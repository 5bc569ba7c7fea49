import { Field, Float, Int, ObjectType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import type { ParameterValues } from '../../compute/parameters/index.js';
import type { CurvePoint, ModelCurve as Curve } from '../../services/statistics/robustness-curve.js';
import type { Model as ModelRow } from '../../storage/generated/client.js';
import { AttackKindName } from '../attack/attack-kind.js';
import { Model } from '../model/model.js';
import { Proportion } from './proportion.js';

@ObjectType({ description: 'Accuracy at one budget.' })
export class RobustnessPoint {
  constructor(readonly point: CurvePoint) {}

  @Field(() => Float, { description: 'The budget, as a fraction of the pixel range; 0 is clean.' })
  get epsilon(): number {
    return this.point.epsilon;
  }

  @Field(() => Proportion, { description: 'The label has the highest score.' })
  get top1(): Proportion {
    return this.point.top1;
  }

  @Field(() => Proportion, { description: 'The label is among the five highest scores.' })
  get top5(): Proportion {
    return this.point.top5;
  }
}

@ObjectType({
  description:
    'Accuracy of one model against ε, all of one range and one set of parameters: of several the largest range, then that with most budgets, then the newest.',
})
export class ModelCurve {
  constructor(
    private readonly curve: Curve,
    private readonly row: ModelRow,
  ) {}

  @Field(() => Model, { description: 'The model.' })
  get model(): Model {
    return new Model(this.row);
  }

  @Field(() => Int, { nullable: true, description: 'Position of the first example; null where nothing has finished.' })
  get offset(): number | null {
    return this.curve.offset;
  }

  @Field(() => Int, { nullable: true, description: 'Number of examples; null where nothing has finished.' })
  get sampleCount(): number | null {
    return this.curve.sampleCount;
  }

  @Field(() => GraphQLJSONObject, { nullable: true, description: "The attack's parameters but ε; null where nothing has finished." })
  get parameters(): ParameterValues | null {
    return this.curve.parameters;
  }

  @Field(() => Int, { description: 'Ranges and sets of parameters of which there are results, the one used included.' })
  get configurationCount(): number {
    return this.curve.configurationCount;
  }

  @Field(() => [RobustnessPoint], { description: 'From clean images, ε = 0, on; of each budget the newest result.' })
  get points(): RobustnessPoint[] {
    return this.curve.points.map((point) => new RobustnessPoint(point));
  }
}

@ObjectType({ description: 'Accuracy of models against the budget of an attack.' })
export class RobustnessCurve {
  @Field(() => AttackKindName, { description: 'The attack.' })
  attackKind!: string;

  @Field(() => [ModelCurve], { description: 'One for each model, in their order.' })
  curves!: ModelCurve[];
}
