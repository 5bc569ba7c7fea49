import { Field, InputType, ObjectType } from 'type-graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import type { SavedView as SavedViewRow } from '../../storage/generated/client.js';
import { Column } from '../column.js';
import { payloadUnion } from '../errors/payload-union.js';
import { Node } from '../relay/node.js';

@ObjectType({ implements: Node, description: 'A page of the dashboard with its filters, under a name: a link that a principal keeps.' })
export class SavedView extends Node {
  constructor(readonly row: SavedViewRow) {
    super('SavedView', row.id);
  }

  @Column(() => String, { description: 'Its name: unique among those of its owner.' })
  readonly name!: string;

  @Column(() => String, { description: 'Path and query below the address of this server.' })
  readonly path!: string;

  @Column(() => GraphQLDateTimeISO, { description: 'When it was first saved.' })
  readonly createdAt!: Date;
}

@InputType({ description: 'A view to keep. One of the same name is replaced.' })
export class SaveViewInput {
  @Field(() => String, { description: 'Up to 100 letters, digits, spaces and . _ - + ( ) /' })
  name!: string;

  @Field(() => String, { description: 'Path and query below the address of this server, such as `/evaluations?norm=LINF`.' })
  path!: string;
}

@ObjectType({ description: 'The view is kept.' })
export class SaveViewSuccess {
  @Field(() => SavedView, { description: 'The view.' })
  readonly view: SavedView;

  constructor(view: SavedView) {
    this.view = view;
  }
}

export const SaveViewPayload = payloadUnion('SaveViewPayload', SaveViewSuccess, ['VALIDATION', 'LIMIT_EXCEEDED']);
