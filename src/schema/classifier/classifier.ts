import { Field, Int, ObjectType } from 'type-graphql';
import { GraphQLJSONObject } from 'graphql-scalars';
import type { ClassifierDefinition, ClassifierPlan, ClassifierReference } from '../../compute/classifiers/index.js';
import { ModelAccess } from '../model/enums.js';
import { Publication } from '../model/publication.js';
import { Choice } from '../training/catalogue.js';

@ObjectType({ description: 'A kind of classical classifier: a member of `ClassifierInput`.' })
export class ClassifierKind extends Choice {
  constructor(private readonly definition: ClassifierDefinition) {
    super(definition);
  }

  @Field(() => ModelAccess, { description: 'The most that attacks have of it: trees and neighbours have no gradient.' })
  get access(): ModelAccess {
    return ModelAccess[this.definition.access];
  }

  @Field(() => Publication, { description: 'Where it was published.' })
  get reference(): ClassifierReference {
    return this.definition.reference;
  }
}

@ObjectType({ description: 'How a classical classifier was fitted.' })
export class ClassifierFit {
  constructor(private readonly plan: ClassifierPlan) {}

  @Field(() => String, { description: 'Its kind, as in `classifierKinds`.' })
  get kind(): string {
    return this.plan.name;
  }

  @Field(() => GraphQLJSONObject, { description: 'All parameters, defaults filled in.' })
  get parameters(): ClassifierPlan['parameters'] {
    return this.plan.parameters;
  }

  @Field(() => Int, { description: 'Position of the first example.' })
  get offset(): number {
    return this.plan.offset;
  }

  @Field(() => Int, { description: 'Number of examples.' })
  get sampleCount(): number {
    return this.plan.sampleCount;
  }

  @Field(() => Int, { description: 'Seed of everything that was random.' })
  get seed(): number {
    return this.plan.seed;
  }
}
