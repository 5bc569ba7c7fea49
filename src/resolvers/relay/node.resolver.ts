import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Node } from '../../schema/relay/node.js';
import type { GraphQLContext } from '../context.js';
import { MAX_PAGE } from '../../page-size.js';
import { findNode } from './nodes.js';
import { badInput } from './pagination.js';

@Resolver()
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: 'Anything by its id; null where nothing has it.' })
  node(@Arg('id', () => ID, { description: 'Id of anything.' }) id: string, @Ctx() { loaders }: GraphQLContext): Promise<Node | null> {
    return findNode(loaders, id);
  }

  @Query(() => [Node], {
    nullable: 'items',
    description: `Anything by ids, at most ${MAX_PAGE}, in their order; null in the place of an id that nothing has.`,
  })
  nodes(
    @Arg('ids', () => [ID], { description: 'Ids of anything.' }) ids: string[],
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<(Node | null)[]> {
    if (ids.length > MAX_PAGE) throw badInput(`Ask for ${MAX_PAGE} ids at most, not ${ids.length}.`);
    return Promise.all(ids.map((id) => findNode(loaders, id)));
  }
}
