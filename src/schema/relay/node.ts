import { Field, ID, InterfaceType } from 'type-graphql';
import { encodeGlobalId } from './global-id.js';

@InterfaceType({ description: 'Anything that can be fetched again by its id.' })
export abstract class Node {
  @Field(() => ID, { description: 'Opaque and unique among all types.' })
  readonly id: string;

  constructor(type: string, rowId: string) {
    this.id = encodeGlobalId(type, rowId);
  }
}
