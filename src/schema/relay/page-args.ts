import { ArgsType, Field, Int } from 'type-graphql';

/** Largest page. */
export const MAX_PAGE = 100;
/** Page size where none is asked for. */
export const DEFAULT_PAGE = 20;

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
