import { Field, Float, InputType, Int } from 'type-graphql';
import { ChannelOrder, ImageLayout } from './enums.js';

@InputType({ description: 'What the defence says of itself: a score of every image, above a threshold of which it is rejected.' })
export class DetectorInput {
  @Field({
    description: 'Name of the output of the ONNX file that holds the score: one number for each image, higher where it looks adversarial.',
  })
  output!: string;

  @Field(() => Float, {
    nullable: true,
    description: 'Share of clean images that may be rejected, by which the threshold is chosen; by default 0.05.',
  })
  falsePositiveRate?: number;
}

@InputType({ description: 'What a model expects of an image, where its files do not say so or are to be overruled.' })
export class ModelSpecInput {
  @Field(() => [Int], { nullable: true, description: 'Height, width, channels.' })
  inputShape?: number[];

  @Field(() => Int, { nullable: true, description: 'Number of classes.' })
  classCount?: number;

  @Field(() => [Float], {
    nullable: true,
    description: "The network's own pixel range, before mean and std, such as [0, 1], [-1, 1] or [0, 255].",
  })
  valueRange?: number[];

  @Field(() => ChannelOrder, { nullable: true, description: 'Order of colour channels that the network was trained with.' })
  channelOrder?: ChannelOrder;

  @Field(() => [Float], { nullable: true, description: 'Mean of each channel, in units of `valueRange`.' })
  mean?: number[];

  @Field(() => [Float], { nullable: true, description: 'Standard deviation of each channel, in units of `valueRange`.' })
  std?: number[];

  @Field(() => [String], { nullable: true, description: 'Names of the classes, in the order of the outputs.' })
  classNames?: string[];

  @Field(() => [Int], {
    nullable: true,
    description:
      "For each class of the network that of the data set, counted from 0; -1: none, such as a background. Several may make one: their probabilities are added up. `classCount` and `classNames` are then the data set's.",
  })
  classMap?: number[];

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

  @Field(() => DetectorInput, {
    nullable: true,
    description: 'A detector of adversarial images as a second output of the file: its scores are part of every evaluation.',
  })
  detector?: DetectorInput;
}
