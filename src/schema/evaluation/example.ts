import { Field, Float, Int, ObjectType } from 'type-graphql';
import { isSuccess, reachesTarget, type Outcomes } from '../../results/outcomes.js';
import { connectionOf } from '../relay/connection.js';
import { Distortion } from './distortion.js';

@ObjectType({ description: 'What a model makes of an image.' })
export class Prediction {
  @Field(() => Int, { description: 'The class with the highest score.' })
  label!: number;

  @Field(() => Float, { description: 'Its probability according to the model.' })
  confidence!: number;

  @Field(() => Boolean, { description: 'Whether the label is among the five highest scores.' })
  top5!: boolean;
}

/** Where the images of an evaluation are. */
export interface ExampleImages {
  readonly datasetId: string;
  /** Pixel values of one image. */
  readonly size: number;
  readonly artifactId: string | null;
}

@ObjectType({ description: 'Outcome of one example of an evaluation.' })
export class Example {
  /** @param position in the evaluation, from 0. @param offset of the evaluation in the data set. */
  constructor(
    private readonly outcomes: Outcomes,
    readonly position: number,
    private readonly offset: number,
    private readonly images: ExampleImages,
  ) {}

  @Field(() => Int, { description: 'Position in the data set, from 0.' })
  get index(): number {
    return this.offset + this.position;
  }

  @Field(() => Int, { description: 'True class.' })
  get label(): number {
    return this.outcomes.labels[this.position]!;
  }

  @Field(() => Prediction, { description: 'On the original image.' })
  get clean(): Prediction {
    const { cleanPrediction, cleanConfidence, cleanTop5 } = this.outcomes;
    return this.prediction(cleanPrediction, cleanConfidence, cleanTop5);
  }

  @Field(() => Prediction, { description: 'On the adversarial image, in 8 bits.' })
  get adversarial(): Prediction {
    const { adversarialPrediction, adversarialConfidence, adversarialTop5 } = this.outcomes;
    return this.prediction(adversarialPrediction, adversarialConfidence, adversarialTop5);
  }

  @Field(() => Boolean, { description: 'Right before and wrong after, in whatever class.' })
  get success(): boolean {
    return isSuccess(this.outcomes, this.position);
  }

  @Field(() => Int, { nullable: true, description: 'Class that the attack aimed at; null where it had no target.' })
  get target(): number | null {
    const target = this.outcomes.target[this.position]!;
    return Number.isNaN(target) ? null : target;
  }

  @Field(() => Boolean, {
    nullable: true,
    description: 'Right before, and of the class that the attack aimed at after; null where it had no target.',
  })
  get targetReached(): boolean | null {
    return this.target === null ? null : reachesTarget(this.outcomes, this.position);
  }

  @Field(() => Distortion, { description: 'Distance of the adversarial image from the original.' })
  get distortion(): Distortion {
    const { linf, l2, l1, l0, l0Pixels, ssim, pass, attackDistance } = this.outcomes;
    const at = (values: Float32Array) => values[this.position]!;
    const ifKnown = (values: Float32Array) => (Number.isNaN(at(values)) ? null : at(values));
    return new Distortion(
      {
        linf: at(linf),
        l2: at(l2),
        l1: ifKnown(l1),
        l0: at(l0),
        l0Pixels: ifKnown(l0Pixels),
        ssim: ifKnown(ssim),
        pass: ifKnown(pass),
        attackDistance: ifKnown(attackDistance),
      },
      this.images.size,
    );
  }

  @Field(() => Int, { description: 'Forward passes spent on it.' })
  get queries(): number {
    return this.outcomes.queries[this.position]!;
  }

  @Field(() => Int, { description: 'Backward passes spent on it.' })
  get gradients(): number {
    return this.outcomes.gradients[this.position]!;
  }

  @Field(() => String, { description: 'Path of the original image as PNG, below the address of this server.' })
  get cleanImageUrl(): string {
    return `/datasets/${this.images.datasetId}/images/${this.index}.png`;
  }

  @Field(() => String, { nullable: true, description: 'Path of the adversarial image as PNG; null where images were not kept.' })
  get adversarialImageUrl(): string | null {
    const { artifactId } = this.images;
    return artifactId && `/artifacts/${artifactId}/images/${this.position}.png`;
  }

  private prediction(labels: Int32Array, confidences: Float32Array, top5: Uint8Array): Prediction {
    return { label: labels[this.position]!, confidence: confidences[this.position]!, top5: top5[this.position] === 1 };
  }
}

export const ExampleConnection = connectionOf('Example', Example);
export type ExampleConnection = InstanceType<typeof ExampleConnection>;
