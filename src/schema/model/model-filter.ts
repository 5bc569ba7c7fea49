import { Field, InputType } from 'type-graphql';
import { ModelStatus } from './enums.js';
import { Visibility } from './visibility.js';

@InputType({ description: 'Which models. What is given must hold, all together.' })
export class ModelFilter {
  @Field(() => String, { nullable: true, description: 'Part of the name, in upper or lower case.' })
  nameContains?: string;

  @Field(() => String, { nullable: true, description: 'Versions of this name.' })
  name?: string;

  @Field(() => String, { nullable: true, description: 'Built-in architecture that it was made from.' })
  architecture?: string;

  @Field(() => String, { nullable: true, description: 'Fingerprint.' })
  fingerprint?: string;

  @Field(() => [ModelStatus], { nullable: true, description: 'With one of these.' })
  statuses?: ModelStatus[];

  @Field(() => [String], { nullable: true, description: 'Of one of these owners.' })
  owners?: string[];

  @Field(() => [Visibility], { nullable: true, description: 'With one of these.' })
  visibilities?: Visibility[];

  @Field(() => [String], { nullable: true, description: 'With all of these tags.' })
  tags?: string[];
}
