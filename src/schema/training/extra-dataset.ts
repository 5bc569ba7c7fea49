import { Field, Float, ID, InputType, ObjectType } from 'type-graphql';
import { Dataset } from '../dataset/dataset.js';

const FRACTION =
  'Share of each minibatch that is of it, above 0 and below 1, rounded to whole images. Wang et al. 2023 (arXiv:2302.04638) take 0.7 of generated images with CIFAR-10.';

@InputType({
  description:
    'A further data set to train on, of the same image size and classes: more images, generated ones, or ones with the labels that another model gave them. Labels are taken as they are. Examples that the network is measured on are left out.',
})
export class ExtraDatasetInput {
  @Field(() => ID, { description: 'The data set.' })
  datasetId!: string;

  @Field(() => Float, { description: FRACTION })
  fraction!: number;
}

@ObjectType({ description: 'A further data set that a run trains on.' })
export class ExtraDataset {
  @Field(() => Dataset, { description: 'The data set.' })
  readonly dataset: Dataset;

  @Field(() => Float, { description: 'Share of each minibatch that is of it.' })
  readonly fraction: number;

  constructor(dataset: Dataset, fraction: number) {
    this.dataset = dataset;
    this.fraction = fraction;
  }
}
