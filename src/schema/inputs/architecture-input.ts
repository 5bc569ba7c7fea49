import { Field, InputType, Int } from 'type-graphql';

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
}
