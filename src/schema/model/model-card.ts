import { Field, InputType, ObjectType } from 'type-graphql';

@ObjectType({ description: 'What people should know of a model that its file does not say.' })
@InputType('ModelCardInput', {
  description: 'What people should know of a model that its file does not say. It takes the place of the card that is there.',
})
export class ModelCard {
  @Field(() => String, { nullable: true, description: 'Title of the paper.' })
  paper?: string;

  @Field(() => String, { nullable: true, description: 'Authors.' })
  authors?: string;

  @Field(() => String, { nullable: true, description: 'Venue and year, such as `ICLR 2017`.' })
  venue?: string;

  @Field(() => String, { nullable: true, description: 'Address of the paper or the project.' })
  link?: string;

  @Field(() => String, { nullable: true, description: 'Licence of the weights.' })
  licence?: string;

  @Field(() => String, { nullable: true, description: 'Architecture, such as `WideResNet-28-10`.' })
  architecture?: string;

  @Field(() => String, { nullable: true, description: 'What it was trained on.' })
  trainingData?: string;

  @Field(() => Boolean, { nullable: true, description: 'Whether it saw data beside the training set of its task.' })
  extraData?: boolean;

  @Field(() => String, { nullable: true, description: 'How pixels are prepared for it.' })
  preparation?: string;

  @Field(() => String, { nullable: true, description: 'What it is for, and what it is not for.' })
  intendedUse?: string;

  @Field(() => String, { nullable: true, description: 'Date, such as `2026-11-30`.' })
  date?: string;

  @Field(() => String, { nullable: true, description: 'Anything more, in Markdown, up to 50,000 characters.' })
  readme?: string;
}
