import { Field, InputType } from 'type-graphql';
import { DatasetSplit } from './dataset-split.js';

@InputType({ description: 'Which data sets. What is given must hold, all together.' })
export class DatasetFilter {
  @Field(() => String, { nullable: true, description: 'Part of the name, in upper or lower case.' })
  nameContains?: string;

  @Field(() => String, { nullable: true, description: 'Format of the files.' })
  format?: string;

  @Field(() => DatasetSplit, { nullable: true, description: 'Part of the whole.' })
  split?: DatasetSplit;
}
