import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Data set, networks and sizes that a recipe is applied at.' })
export class StudyScale {
  @Field(() => String, { description: 'Name, as `startStudy` takes it.' })
  name!: string;

  @Field(() => String, { description: 'In a few words.' })
  title!: string;

  @Field(() => String, { description: 'What it takes to run it here.' })
  needs!: string;

  @Field(() => String, { description: 'How it differs from what the paper did.' })
  comparedWithPaper!: string;

  @Field(() => String, { description: 'Format of the data sets that it needs, of both splits.' })
  datasetFormat!: string;

  @Field(() => Int, { description: 'Steps of each training; 0 where none is trained.' })
  steps!: number;

  @Field(() => Int, { description: 'Test images that are attacked.' })
  sampleCount!: number;

  @Field(() => [Float], { description: 'Budgets of the attacks.' })
  epsilons!: readonly number[];
}

@ObjectType({ description: 'What to train, attack and tabulate to test one finding of a paper.' })
export class StudyRecipe {
  @Field(() => String, { description: 'Name, as `startStudy` takes it.' })
  name!: string;

  @Field(() => String, { description: 'In a few words.' })
  title!: string;

  @Field(() => String, { description: 'What the paper found.' })
  claim!: string;

  @Field(() => String, { description: 'What its verdicts decide, and where that is less than what the paper found.' })
  criteria!: string;

  @Field(() => Int, { description: 'Rises with every change of the recipe: figures of different versions are not comparable.' })
  version!: number;

  @Field(() => [StudyScale], { description: 'What it can be applied at.' })
  scales!: readonly StudyScale[];
}
