import { Field, Float, ObjectType } from 'type-graphql';
import { Proportion } from '../statistics/proportion.js';

@ObjectType({ description: "A model's detector of adversarial images, before and under attack. A rejected image counts as no error." })
export class Detection {
  @Field(() => Float, { description: 'Threshold at the rate: images with a higher score are rejected.' })
  threshold!: number;

  @Field(() => Proportion, { description: 'Clean images that are rejected: at most the rate.' })
  falsePositives!: Proportion;

  @Field(() => Proportion, { description: 'Of the adversarial images that are misclassified, those that are rejected.' })
  truePositives!: Proportion;

  @Field(() => Float, {
    nullable: true,
    description:
      'Area under the ROC curve: the chance that a misclassified adversarial image has a higher score than a clean one; null where none is misclassified.',
  })
  area!: number | null;

  @Field(() => Proportion, { description: 'Clean images that are classified correctly and not rejected.' })
  clean!: Proportion;

  @Field(() => Proportion, {
    description:
      'Of those, images that under attack are still classified correctly, or rejected: the robust accuracy of classifier and detector together.',
  })
  robust!: Proportion;
}
