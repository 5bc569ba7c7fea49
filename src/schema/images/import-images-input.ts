import { Field, ID, InputType, Int } from 'type-graphql';
import { Norm } from '../attack/norm.js';
import { Magnitude } from '../scalars/magnitude.js';
import { Judging, JUDGING } from '../attack/judging.js';
import { PREDICTIONS } from '../evaluation/predictions.js';

@InputType({ description: 'Imported adversarial images, and the models to evaluate on them.' })
export class ImportImagesInput {
  @Field(() => [ID], { description: 'Ids of the models.' })
  modelIds!: string[];

  @Field(() => ID, { description: 'Id of the data set that the images were made from.' })
  datasetId!: string;

  @Field(() => ID, {
    description:
      'A finished upload: an archive of `numpy.savez` with images of consecutive examples, `[n, height, width, channels]` or `[n, channels, height, width]`; uint8, or floating-point numbers from 0 to 1.',
  })
  uploadId!: string;

  @Field(() => String, { nullable: true, description: 'Name of the array, where the archive has several.' })
  array?: string;

  @Field(() => Norm, { defaultValue: Norm.LINF, description: 'Norm that they were made for.' })
  norm!: Norm;

  @Field(() => Magnitude, { nullable: true, description: 'Budget that they claim to keep to, which is checked; by default none.' })
  epsilon?: number;

  @Field(() => Judging, { nullable: true, description: JUDGING })
  judging?: Judging;

  @Field(() => Int, { defaultValue: 1, description: PREDICTIONS })
  predictions!: number;

  @Field(() => Int, { defaultValue: 0, description: 'Position in the data set of the example that the first image belongs to.' })
  offset!: number;
}
