import { ArgsType, Field, Int } from 'type-graphql';
import { DEFAULT_PAGE, MAX_PAGE } from '../../page-size.js';

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: `This many from the start, or after \`after\`; ${MAX_PAGE} at most, ${DEFAULT_PAGE} by default.`,
  })
  first?: number;

  @Field(() => String, { nullable: true, description: 'Cursor to go on after.' })
  after?: string;

  @Field(() => Int, { nullable: true, description: `This many from the end, or before \`before\`; ${MAX_PAGE} at most.` })
  last?: number;

  @Field(() => String, { nullable: true, description: 'Cursor to go back from.' })
  before?: string;
}
