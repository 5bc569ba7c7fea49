import { Field, ID, InterfaceType } from 'type-graphql';
import { encodeGlobalId } from '../../storage/global-id.js';

/** Types have the names of their classes; looking for the first class that an object is of would also find interfaces. */
export const typeByClass = (object: object) => object.constructor.name;

@InterfaceType({ description: 'Anything that can be fetched again by its id.', resolveType: typeByClass })
export abstract class Node {
  @Field(() => ID, { description: 'Opaque and unique among all types.' })
  readonly id: string;

  constructor(type: string, rowId: string) {
    this.id = encodeGlobalId(type, rowId);
  }
}
