import { createUnionType, type ClassType } from 'type-graphql';
import { ForbiddenError } from './index.js';

/** What a mutation returns: its success, or one of the errors that a caller can act on. A {@link ForbiddenError} is among those of each. */
export function payloadUnion(name: string, success: ClassType<object>, ownErrors: readonly ClassType<object>[]) {
  const errors = [...ownErrors, ForbiddenError];
  return createUnionType({
    name,
    description: `The result, or what stood against it. Every error implements \`UserError\`.`,
    types: () => [success, ...errors] as const,
    resolveType: (value: object) => [success, ...errors].find((type) => value instanceof type),
  });
}
