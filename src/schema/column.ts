import { Field } from 'type-graphql';

type TypeOf = Parameters<typeof Field>[0];

/** A field that shows the column of its name, of the row that the object holds. It reads the row when it is asked for, so an object costs nothing. */
export function Column(type: TypeOf, options: { readonly description: string; readonly nullable?: boolean }) {
  return <Name extends keyof Item & string, Item extends { readonly row: { readonly [Key in Name]: Item[Name] } }>(
    prototype: Item,
    name: Name,
  ): void => {
    Field(type, options)(prototype, name);
    Object.defineProperty(prototype, name, {
      get(this: Item) {
        return this.row[name];
      },
    });
  };
}
