import { Field, ObjectType } from 'type-graphql';
import { Model } from '../model/model.js';
import { TransferCell } from './transfer.js';

@ObjectType({ description: 'How adversarial images transfer from some models to others.' })
export class TransferMatrix {
  @Field(() => [Model], { description: 'Sources of the images, by name.' })
  sources!: Model[];

  @Field(() => [Model], { description: 'Models evaluated on them, by name.' })
  targets!: Model[];

  @Field(() => [TransferCell], {
    description:
      'One for each source, target and attack with its parameters that has a result, in no particular order. Where several evaluations were, on other examples or with another seed, the one of the most examples counts, and of those the last.',
  })
  cells!: TransferCell[];
}
