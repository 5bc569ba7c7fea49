import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Node } from '../../schema/relay/node.js';
import type { GraphQLContext } from '../context.js';
import { findNode } from './nodes.js';

@Resolver()
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: 'Anything by its id; null where nothing has it.' })
  node(@Arg('id', () => ID, { description: 'Id of anything.' }) id: string, @Ctx() { loaders }: GraphQLContext): Promise<Node | null> {
    return findNode(loaders, id);
  }
}
