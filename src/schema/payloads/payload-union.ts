import { createUnionType, type ClassType } from 'type-graphql';

/** What a mutation returns: its success, or one of the errors that a caller can act on. */
export function payloadUnion(name: string, success: ClassType<object>, errors: readonly ClassType<object>[]) {
  return createUnionType({
    name,
    description: `The result, or what stood against it. Every error implements \`UserError\`.`,
    types: () => [success, ...errors] as const,
    resolveType: (value: object) => [success, ...errors].find((type) => value instanceof type),
  });
}
