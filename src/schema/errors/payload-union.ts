import { GraphQLError } from 'graphql';
import { createUnionType, type ClassType } from 'type-graphql';
import { typeOfError, type UserErrorCode } from './table.js';
import { UserError } from './user-error.js';

/** What a mutation returns: its success, or one of the errors that a caller can act on. FORBIDDEN is among those of each. */
export function payloadUnion(name: string, success: ClassType<object>, ownErrors: readonly UserErrorCode[]) {
  const errors = [...ownErrors, 'FORBIDDEN' as const].map(typeOfError);
  return createUnionType({
    name,
    description: `The result, or what stood against it. Every error implements \`UserError\`.`,
    types: () => [success, ...errors] as const,
    resolveType: (value: object) => {
      const type = [success, ...errors].find((known) => value instanceof known);
      // What nobody thought of is still told.
      if (!type && value instanceof UserError)
        throw new GraphQLError(value.message, { extensions: { code: 'BAD_USER_INPUT', path: value.path } });
      return type;
    },
  });
}
