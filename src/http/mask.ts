/** What of an error a GraphQL client is told. @module */
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { describe } from './errors.js';

/** What the server's own code throws on purpose has a code; anything else is a bug, which is logged and not told. */
export function mask(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof GraphQLError) return { ...formatted, extensions: { code: 'BAD_USER_INPUT', ...formatted.extensions } };
  const { status, code, message } = describe(cause);
  if (status === 500) log.error({ err: cause, path: formatted.path }, 'resolver failed');
  return { message, locations: formatted.locations, path: formatted.path, extensions: { code } };
}
