import { Field, Float, Int, ObjectType } from 'type-graphql';
import { ChannelOrder, ImageLayout } from './enums.js';

@ObjectType({ description: "A model's detector of adversarial images." })
export class Detector {
  @Field({ description: 'Name of the output that holds its score.' })
  output!: string;

  @Field(() => Float, { nullable: true, description: 'Share of clean images that it may reject; null: 0.05.' })
  falsePositiveRate?: number;
}

@ObjectType({ description: 'What a model expects of an image. Preprocessing is part of the model, so budgets always mean pixels.' })
export class ModelSpec {
  @Field(() => [Int], { description: 'Height, width, channels.' })
  inputShape!: readonly number[];

  @Field(() => Int, { description: 'Number of classes.' })
  classCount!: number;

  @Field(() => [Float], { description: "The network's own pixel range, before mean and std." })
  valueRange!: readonly number[];

  @Field(() => ChannelOrder, { description: 'Order of colour channels that the network was trained with.' })
  channelOrder!: `${ChannelOrder}`;

  @Field(() => [Float], { nullable: true, description: 'Mean of each channel, in units of `valueRange`.' })
  mean?: readonly number[];

  @Field(() => [Float], { nullable: true, description: 'Standard deviation of each channel, in units of `valueRange`.' })
  std?: readonly number[];

  @Field(() => [String], { nullable: true, description: 'Names of the classes, in the order of the outputs.' })
  classNames?: readonly string[];

  @Field(() => [Int], {
    nullable: true,
    description: 'For each class of the network that of the model, or -1; null where they are the same.',
  })
  classMap?: readonly number[];

  @Field(() => ImageLayout, {
    nullable: true,
    description:
      'Order of the axes that the network takes images in, also where its input is flat; null where the shape of its input tells.',
  })
  layout?: ImageLayout;

  @Field({
    nullable: true,
    description: 'Name of the output that holds the scores, of an ONNX file with several; null where there is no choice.',
  })
  output?: string;

  @Field(() => Detector, { nullable: true, description: 'Its detector of adversarial images; null where it has none.' })
  detector?: Detector;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether a preprocessor of its own file stands in front of it; null where none does.',
  })
  preprocessor?: boolean;
}
