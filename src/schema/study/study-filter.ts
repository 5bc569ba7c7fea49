import { Field, InputType } from 'type-graphql';

@InputType({ description: 'Which studies. What is given must hold, all together.' })
export class StudyFilter {
  @Field(() => String, { nullable: true, description: 'Of this recipe.' })
  recipe?: string;

  @Field(() => [String], { nullable: true, description: 'With all of these tags.' })
  tags?: string[];
}
