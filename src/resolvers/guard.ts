/** Holds every operation of the schema to the table of `services/access.ts`, whichever transport it comes by. @module */
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { checkRole, leastRole } from '../services/access.js';
import { Refused } from '../services/refused.js';
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
      field[step] = (source, args, context: GraphQLContext, info) => {
        try {
          checkRole(context.viewer, operation);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          if (root === schema.getMutationType()) return error.reason;
          throw new GraphQLError(error.message, { extensions: { code: 'FORBIDDEN' } });
        }
        return allowed(source, args, context, info) as unknown;
      };
    }
  }
}
