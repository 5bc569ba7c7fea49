import { Field, Int, ObjectType } from 'type-graphql';
import type { ExampleFateRow } from '../../services/statistics/example-fates.js';

@ObjectType({ description: 'What became of an example in one evaluation.' })
export class ExampleFate {
  constructor(readonly row: ExampleFateRow) {}

  @Field(() => Boolean, { description: 'Whether the model classifies the original image correctly.' })
  get cleanCorrect(): boolean {
    return this.row.cleanCorrect;
  }

  @Field(() => Boolean, { description: 'Whether it classifies the adversarial image correctly.' })
  get adversarialCorrect(): boolean {
    return this.row.adversarialCorrect;
  }
}

@ObjectType({ description: 'What became of one example of a data set under every attack on every model.' })
export class ExampleFates {
  @Field(() => Int, { description: 'Finished evaluations that have the example.' })
  evaluationCount!: number;

  @Field(() => Int, { description: 'Those of them in which the original image is classified correctly.' })
  cleanCorrectCount!: number;

  @Field(() => Int, { description: 'Those in which the adversarial image is.' })
  adversarialCorrectCount!: number;

  @Field(() => [ExampleFate], { description: 'The newest of them.' })
  fates!: ExampleFate[];
}
