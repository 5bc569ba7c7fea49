import { Field, Float, InputType, Int } from 'type-graphql';
import { ChannelOrder, ImageLayout } from './enums.js';

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
}
