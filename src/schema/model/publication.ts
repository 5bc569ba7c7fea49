import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Where a method was published.' })
export class Publication {
  @Field(() => String, { description: 'Title of the publication.' })
  title!: string;

  @Field(() => String, { description: 'Its authors.' })
  authors!: string;

  @Field(() => Int, { description: 'Year of publication.' })
  year!: number;

  @Field(() => String, { description: 'arXiv id or DOI.' })
  link!: string;
}
