import { Field, Float, ObjectType } from 'type-graphql';

/** Null: measured by a version that did not know the measure yet. */
export interface DistortionValues {
  readonly linf: number;
  readonly l2: number;
  readonly l1: number | null;
  readonly l0: number;
  readonly l0Pixels: number | null;
  readonly ssim: number | null;
  readonly pass: number | null;
  readonly attackDistance: number | null;
}

@ObjectType({
  description:
    'Distance of an adversarial image from its original. The image is the one that was judged: stored in 8 bits, or floats. Similarities are of stored images.',
})
export class Distortion {
  /** @param imageSize pixel values of one image. */
  constructor(
    private readonly values: DistortionValues,
    private readonly imageSize: number,
  ) {}

  @Field(() => Float, { description: 'Largest change of a pixel value, as a share of the pixel range.' })
  get linf(): number {
    return this.values.linf;
  }

  @Field(() => Float, { description: 'Euclidean distance, in pixel ranges.' })
  get l2(): number {
    return this.values.l2;
  }

  @Field(() => Float, { nullable: true, description: 'Sum of the changes of all pixel values, in pixel ranges.' })
  get l1(): number | null {
    return this.values.l1;
  }

  @Field(() => Float, { description: 'Share of the pixel values that changed.' })
  get l0(): number {
    return this.values.l0;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'Share of the pixels of which any channel changed: times height and width, the number that papers report as L0.',
  })
  get l0Pixels(): number | null {
    return this.values.l0Pixels;
  }

  @Field(() => Float, {
    description: 'Root of the mean square of the changes of pixel values, as a share of the pixel range (Szegedy et al. 2013).',
  })
  get rms(): number {
    return this.values.l2 / Math.sqrt(this.imageSize);
  }

  @Field(() => Float, { nullable: true, description: 'Structural similarity (Wang et al. 2004): 1 where the images are the same.' })
  get ssim(): number | null {
    return this.values.ssim;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'PASS (Rozsa et al. 2016): structural similarity after the adversarial image was laid over the original by a homography.',
  })
  get pass(): number | null {
    return this.values.pass;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'In the distance that the attack itself bounds or minimises, `EvaluatedAttack.distance`; null where that is a norm of the change.',
  })
  get attackDistance(): number | null {
    return this.values.attackDistance;
  }
}
