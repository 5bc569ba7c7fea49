import { createUnionType, type ClassType } from 'type-graphql';
import { typeOfError, type UserErrorCode } from './table.js';

/** What a mutation returns: its success, or one of the errors that a caller can act on. FORBIDDEN is among those of each. */
export function payloadUnion(name: string, success: ClassType<object>, ownErrors: readonly UserErrorCode[]) {
  const errors = [...ownErrors, 'FORBIDDEN' as const].map(typeOfError);
  return createUnionType({
    name,
    description: `The result, or what stood against it. Every error implements \`UserError\`.`,
    types: () => [success, ...errors] as const,
    resolveType: (value: object) => [success, ...errors].find((type) => value instanceof type),
  });
}
