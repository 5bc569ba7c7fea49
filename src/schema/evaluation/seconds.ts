import { Field, Float, ObjectType } from 'type-graphql';
import type { EvaluationSeconds as Seconds } from '../../results/seconds.js';

@ObjectType({
  description:
    'Wall-clock seconds of an evaluation, by what they were spent on. Images are read and decoded, measured and stored while others are attacked, so that the phases may add up to more than `total`.',
})
export class EvaluationSeconds implements Seconds {
  @Field(() => Float, {
    description:
      'From the start of the job to its results. Of a run that was interrupted, what it committed counts. Waiting in the queue does not.',
  })
  readonly total!: number;

  @Field(() => Float, {
    description: 'Compiling functions of the model, and finding how many images at once are fastest; 0 where an earlier job has.',
  })
  readonly compile!: number;

  @Field(() => Float, { description: 'Reading and decoding images; pictures that were decoded minutes ago are kept.' })
  readonly decode!: number;

  @Field(() => Float, {
    description: 'Predictions of the clean images, and `diagnostics`; 0 where another attack on the same examples has made them.',
  })
  readonly clean!: number;

  @Field(() => Float, { description: 'The attack, with what it prepares beforehand.' })
  readonly attack!: number;

  @Field(() => Float, { description: 'Predictions of the adversarial images.' })
  readonly predict!: number;

  @Field(() => Float, { description: 'Rounding to stored images; Lp distances, SSIM and PASS.' })
  readonly metrics!: number;

  @Field(() => Float, { description: 'Writing outcomes to the database, and images to the store.' })
  readonly store!: number;
}
