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

const CREATED_AT = { CREATED_AT: 'createdAt' } as const;

/** An order by the time of making alone. @param name of what is listed, such as `Job`. @param plural the same in words. */
export function creationOrder(name: string, plural: string) {
  const fields = { ...CREATED_AT };
  registerEnumType(fields, {
    name: `${name}OrderField`,
    description: `What ${plural} are ordered by.`,
    valuesConfig: { CREATED_AT: { description: 'Time of the request.' } },
  });
  return orderInput(`${name}Order`, fields, fields.CREATED_AT);
}
