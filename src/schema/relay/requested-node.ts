import { Field, InterfaceType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import { Node, typeByClass } from './node.js';

@InterfaceType({ implements: Node, description: 'Work that someone asked for.', resolveType: typeByClass })
export abstract class RequestedNode extends Node {
  abstract readonly row: { readonly createdAt: Date; readonly finishedAt: Date | null };

  @Field(() => GraphQLDateTimeISO, { description: 'When it was asked for.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => GraphQLDateTimeISO, { nullable: true, description: 'When it ended.' })
  get finishedAt(): Date | null {
    return this.row.finishedAt;
  }
}
