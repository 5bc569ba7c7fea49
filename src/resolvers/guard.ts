/**
 * Holds every operation of the schema to the table of `services/access.ts`, whichever transport it comes by, and turns what a client can act on into data.
 * It guards operations only: a middleware of type-graphql would make every field of every answer wait for a promise.
 * @module
 */
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { DomainError } from '../errors.js';
import { toUserError } from '../schema/errors/table.js';
import type { UserError } from '../schema/errors/user-error.js';
import { checkRole, leastRole } from '../services/access/access.js';
import type { GraphQLContext } from './context.js';

/** @throws Error naming an operation that is not in the table. */
export function guardOperations(schema: GraphQLSchema): void {
  for (const root of [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!]) {
    // A subscription is decided when it begins; its resolver runs at each event.
    const step = root === schema.getSubscriptionType() ? 'subscribe' : 'resolve';
    for (const field of Object.values(root.getFields())) {
      const operation = `${root.name}.${field.name}`;
      leastRole(operation);
      const allowed = field[step]!;
      field[step] = async (source, args, context: GraphQLContext, info) => {
        try {
          checkRole(context.viewer, operation);
          return (await allowed(source, args, context, info)) as unknown;
        } catch (error) {
          return answerTo(error, root === schema.getMutationType());
        }
      };
    }
  }
}

/** @returns the member of a mutation's payload. @throws what a query fails with. */
export function answerTo(error: unknown, isMutation: boolean): UserError {
  if (!(error instanceof DomainError)) throw error;
  const answer = toUserError(error);
  if (!answer) throw error;
  if (isMutation) return answer;
  const code = error.code === 'FORBIDDEN' ? 'FORBIDDEN' : 'BAD_USER_INPUT';
  throw new GraphQLError(error.message, { extensions: { code } });
}
