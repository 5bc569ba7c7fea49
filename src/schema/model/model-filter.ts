import { Field, InputType } from 'type-graphql';
import { ModelStatus } from './enums.js';

@InputType({ description: 'Which models. What is given must hold, all together.' })
export class ModelFilter {
  @Field(() => String, { nullable: true, description: 'Part of the name, in upper or lower case.' })
  nameContains?: string;

  @Field(() => String, { nullable: true, description: 'Built-in architecture that it was made from.' })
  architecture?: string;

  @Field(() => String, { nullable: true, description: 'Fingerprint.' })
  fingerprint?: string;

  @Field(() => [ModelStatus], { nullable: true, description: 'With one of these.' })
  statuses?: ModelStatus[];
}
