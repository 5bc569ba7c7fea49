import { Field, ID, InputType, Int } from 'type-graphql';

@InputType({ description: 'A recipe, and what it is applied at.' })
export class StartStudyInput {
  @Field(() => String, { description: 'Name of the recipe, such as `F1`: `studyRecipes` lists them.' })
  recipe!: string;

  @Field(() => String, { description: 'Name of the scale, such as `mnist-mini`.' })
  scale!: string;

  @Field(() => ID, {
    nullable: true,
    description: "Data set to train on, together with `testDatasetId`; by default the first one of the scale's format.",
  })
  trainingDatasetId?: string;

  @Field(() => ID, { nullable: true, description: 'Data set whose images are attacked, as large as those of `trainingDatasetId`.' })
  testDatasetId?: string;

  @Field(() => Int, { defaultValue: 3, description: 'Networks of each kind, with seeds 1, 2, …: what intervals are made from.' })
  seeds!: number;

  @Field(() => Int, { nullable: true, description: "Test images that are attacked; by default the scale's." })
  sampleCount?: number;

  @Field(() => Int, { nullable: true, description: "Steps of each training; by default the scale's." })
  steps?: number;

  @Field(() => [ID], {
    nullable: true,
    description: 'Of scale `imagenet-transfer`: models that are attacked and shown each other’s images, two or more of different names.',
  })
  modelIds?: string[];
}
