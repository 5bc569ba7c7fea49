import { Field, Float, Int, ObjectType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import type { ParameterValues } from '../../compute/parameters/index.js';
import type { ComparedPair, Comparison } from '../../services/statistics/compare-models.js';
import type { Model as ModelRow } from '../../storage/generated/client.js';
import { Estimate } from './estimate.js';
import { Model } from '../model/model.js';
import { Proportion } from './proportion.js';

/** The compared models by id. */
type Rows = ReadonlyMap<string, ModelRow>;

@ObjectType({ description: 'A model in a comparison.' })
export class ComparedModel {
  constructor(
    readonly compared: Comparison['models'][number],
    private readonly rows: Rows,
  ) {}

  @Field(() => Model, { description: 'The model.' })
  get model(): Model {
    return new Model(this.rows.get(this.compared.modelId)!);
  }

  @Field(() => Proportion, { description: 'How often it is right.' })
  get accuracy(): Proportion {
    return this.compared.accuracy;
  }
}

@ObjectType({ description: 'Two models on the same examples.' })
export class ModelPair {
  constructor(
    private readonly pair: ComparedPair,
    private readonly rows: Rows,
  ) {}

  @Field(() => Model, { description: 'One of them.' })
  get first(): Model {
    return new Model(this.rows.get(this.pair.first)!);
  }

  @Field(() => Model, { description: 'The other.' })
  get second(): Model {
    return new Model(this.rows.get(this.pair.second)!);
  }

  @Field(() => Int, { description: 'Examples that both get right.' })
  get both(): number {
    return this.pair.both;
  }

  @Field(() => Int, { description: 'Examples that only the first gets right.' })
  get onlyFirst(): number {
    return this.pair.onlyFirst;
  }

  @Field(() => Int, { description: 'Examples that only the second gets right.' })
  get onlySecond(): number {
    return this.pair.onlySecond;
  }

  @Field(() => Estimate, {
    description: 'Accuracy of the first less that of the second; interval for paired proportions by Bonett and Price (2012).',
  })
  get difference(): Estimate {
    return this.pair.difference;
  }

  @Field(() => Float, { description: 'Exact McNemar test, two-sided.' })
  get pValue(): number {
    return this.pair.pValue;
  }

  @Field(() => Float, {
    description: "The same by Holm's correction over all pairs: below α, the pair differs at level α whatever the others do.",
  })
  get adjustedPValue(): number {
    return this.pair.adjustedPValue;
  }
}

@ObjectType({
  description:
    'Models compared example by example, on a range and with parameters of which all have results: the largest range, then the newest results.',
})
export class ModelComparison {
  constructor(
    private readonly comparison: Comparison,
    private readonly rows: Rows,
  ) {}

  @Field(() => Int, { description: 'Position of the first example.' })
  get offset(): number {
    return this.comparison.offset;
  }

  @Field(() => Int, { description: 'Number of examples.' })
  get sampleCount(): number {
    return this.comparison.sampleCount;
  }

  @Field(() => GraphQLJSONObject, { nullable: true, description: "The attack's parameters, the same for all; null on clean images." })
  get parameters(): ParameterValues | null {
    return this.comparison.parameters;
  }

  @Field(() => [ComparedModel], { description: 'The models, in their order.' })
  get models(): ComparedModel[] {
    return this.comparison.models.map((compared) => new ComparedModel(compared, this.rows));
  }

  @Field(() => [ModelPair], { description: 'Every pair of them.' })
  get pairs(): ModelPair[] {
    return this.comparison.pairs.map((pair) => new ModelPair(pair, this.rows));
  }
}
