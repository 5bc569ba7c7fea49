import { getNamedType, type GraphQLObjectType, type GraphQLSchema, type GraphQLUnionType } from 'graphql';

/** Adds to the description of each mutation which errors its payload may hold. */
export function describeErrors(schema: GraphQLSchema): void {
  const userError = schema.getType('UserError')!;
  const isError = (type: GraphQLObjectType) => type.getInterfaces().some((implemented) => implemented === userError);
  for (const field of Object.values(schema.getMutationType()!.getFields())) {
    const errors = (getNamedType(field.type) as GraphQLUnionType).getTypes().filter(isError);
    field.description += ` Errors: ${errors.map(({ name }) => name).join(', ')}.`;
  }
}
