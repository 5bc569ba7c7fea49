import { Field, InputType, registerEnumType } from 'type-graphql';

export enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}

registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Direction of a list.',
  valuesConfig: { ASC: { description: 'Smallest or oldest first.' }, DESC: { description: 'Largest or newest first.' } },
});

/** An input that orders a list by one of the given fields. */
export function orderInput<Name extends string>(name: string, fields: Record<string, Name>, fallback: Name) {
  @InputType(name, { description: 'Order of the list. Ties are broken by id, so the order is stable.' })
  class Order {
    @Field(() => fields, { defaultValue: fallback, description: 'What to order by.' })
    field!: Name;

    @Field(() => OrderDirection, { defaultValue: OrderDirection.DESC, description: 'Which end comes first.' })
    direction!: OrderDirection;
  }
  return Order;
}
