import { Field, Int, ObjectType, type ClassType } from 'type-graphql';
import { PageInfo } from './page-info.js';

/** One page as the resolvers hand it over; the total is counted when it is asked for. */
export interface ConnectionPage<Item> {
  readonly edges: readonly { readonly node: Item; readonly cursor: string }[];
  readonly pageInfo: PageInfo;
  count(): Promise<number>;
}

/** The edge and connection types of a node type. */
export function connectionOf<Item extends object>(name: string, node: ClassType<Item>) {
  @ObjectType(`${name}Edge`, { description: `A ${name} and its place in the list.` })
  class Edge {
    @Field(() => node, { description: 'The item.' })
    node!: Item;

    @Field(() => String, { description: 'Opaque place in the list, for `after` and `before`.' })
    cursor!: string;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name}.` })
  class Connection {
    constructor(private readonly page: ConnectionPage<Item>) {}

    @Field(() => [Edge], { description: 'The items of this page with their cursors.' })
    get edges(): readonly Edge[] {
      return this.page.edges;
    }

    @Field(() => [node], { description: 'The items of this page.' })
    get nodes(): readonly Item[] {
      return this.page.edges.map((edge) => edge.node);
    }

    @Field(() => PageInfo, { description: 'Whether and where the list goes on.' })
    get pageInfo(): PageInfo {
      return this.page.pageInfo;
    }

    @Field(() => Int, { description: 'Items in the whole list, with the filter.' })
    totalCount(): Promise<number> {
      return this.page.count();
    }
  }
  return Connection;
}
