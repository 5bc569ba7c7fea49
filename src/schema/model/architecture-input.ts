import { Field, Float, InputType, Int } from 'type-graphql';
import { Activation } from './enums.js';

@InputType({ description: 'A built-in architecture with random weights.' })
export class ArchitectureInput {
  @Field(() => String, { description: 'Its name, such as `mnist-cnn` or `resnet-20`. A wrong name is answered with all names.' })
  name!: string;

  @Field(() => Int, { defaultValue: 0, description: 'Seed of the weights: the same seed gives the same model.' })
  seed!: number;

  @Field(() => Int, { nullable: true, description: "Number of classes; by default the architecture's own." })
  classCount?: number;

  @Field(() => [Int], { nullable: true, description: "Height, width, channels; by default the architecture's own." })
  inputShape?: number[];

  @Field(() => Float, { nullable: true, description: 'ρ: factor on the channels and hidden units of each layer; by default 1.' })
  width?: number;

  @Field(() => Activation, { nullable: true, description: "Activation of the hidden layers; by default the architecture's own." })
  activation?: Activation;

  @Field(() => Float, { nullable: true, description: 'β of the activation RELU_DECAY; by default 0.1.' })
  activationBeta?: number;

  @Field(() => Float, {
    nullable: true,
    description: "Share of the values before the logits that are dropped in training; by default the architecture's own.",
  })
  dropout?: number;
}
