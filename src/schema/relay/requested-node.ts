import { InterfaceType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import { Node, typeByClass } from './node.js';
import { Column } from '../column.js';

@InterfaceType({ implements: Node, description: 'Work that someone asked for.', resolveType: typeByClass })
export abstract class RequestedNode extends Node {
  abstract readonly row: { readonly createdAt: Date; readonly finishedAt: Date | null };

  @Column(() => GraphQLDateTimeISO, { description: 'When it was asked for.' })
  readonly createdAt!: Date;

  @Column(() => GraphQLDateTimeISO, { nullable: true, description: 'When it ended.' })
  readonly finishedAt!: Date | null;
}
