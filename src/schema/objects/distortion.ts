import { Field, Float, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Distance of an adversarial image from its original, both in 8 bits.' })
export class Distortion {
  @Field(() => Float, { description: 'Largest change of a pixel value, as a share of the pixel range.' })
  linf!: number;

  @Field(() => Float, { description: 'Euclidean distance, in pixel ranges.' })
  l2!: number;

  @Field(() => Float, { description: 'Share of the pixel values that changed.' })
  l0!: number;
}
