import { Field, InputType } from 'type-graphql';
import { DatasetState } from './dataset-state.js';
import { DatasetSplit } from './dataset-split.js';

@InputType({ description: 'Which data sets. What is given must hold, all together.' })
export class DatasetFilter {
  @Field(() => String, { nullable: true, description: 'Part of the name, in upper or lower case.' })
  nameContains?: string;

  @Field(() => String, { nullable: true, description: 'Fingerprint.' })
  fingerprint?: string;

  @Field(() => String, { nullable: true, description: 'Format of the files.' })
  format?: string;

  @Field(() => [DatasetState], { nullable: true, description: 'One of these states.' })
  states?: DatasetState[];

  @Field(() => DatasetSplit, { nullable: true, description: 'Part of the whole.' })
  split?: DatasetSplit;

  @Field(() => [String], { nullable: true, description: 'With all of these tags.' })
  tags?: string[];
}
