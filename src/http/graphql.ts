/** GraphQL over HTTP (Apollo) and over WebSocket (graphql-transport-ws). @module */
import type { IncomingMessage, Server } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { expressMiddleware } from '@as-integrations/express5';
import express, { Router } from 'express';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { createContext, type GraphQLContext } from '../resolvers/context.js';
import type { Services } from '../services/index.js';

export const GRAPHQL_PATH = '/graphql';

/** Largest request. Files go through /uploads. */
const BODY_LIMIT = '1mb';

export interface GraphQLOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly log: Logger;
}

export interface GraphQLOverHttp {
  readonly routes: Router;
  stop(): Promise<void>;
}

export async function graphqlOverHttp({ schema, services, log }: GraphQLOptions): Promise<GraphQLOverHttp> {
  const apollo = new ApolloServer<GraphQLContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted, error) => mask(formatted, error, log),
    // Apollo's own page loads from the network; `/` is plain and works without.
    plugins: [ApolloServerPluginLandingPageDisabled()],
    logger: log,
    // Signals are the server's to handle, as a whole.
    stopOnTerminationSignals: false,
  });
  await apollo.start();
  const routes = Router();
  routes.use(
    GRAPHQL_PATH,
    express.json({ limit: BODY_LIMIT }),
    expressMiddleware(apollo, { context: async () => createContext(services) }),
  );
  return { routes, stop: () => apollo.stop() };
}

/** @returns how to close all sockets. */
export function graphqlOverWebSocket(server: Server, { schema, services, log }: GraphQLOptions): () => Promise<void> {
  const sockets = new WebSocketServer({
    server,
    path: GRAPHQL_PATH,
    maxPayload: 2 ** 20,
    verifyClient: ({ req }: { req: IncomingMessage }) => isSameOrigin(req.headers),
  });
  const disposable = useServer(
    {
      schema,
      context: () => createContext(services),
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors && { ...result, errors: result.errors.map((error) => asError(mask(error.toJSON(), error, log))) },
      onError: (_context, _id, _payload, errors) => errors.map((error) => mask(asError(error).toJSON(), error, log)),
    },
    sockets,
  );
  return async () => disposable.dispose();
}

/** Browsers let any page open a socket anywhere; the origin tells whose page it is. Clients that are no browsers send none. */
function isSameOrigin({ origin, host }: { origin?: string; host?: string }): boolean {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

/** What the schema's own code throws on purpose is a GraphQLError; anything else is a bug, which is logged and not told. */
function mask(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof GraphQLError) return { ...formatted, extensions: { code: 'BAD_USER_INPUT', ...formatted.extensions } };
  log.error({ err: cause, path: formatted.path }, 'resolver failed');
  return {
    message: 'Something went wrong in the server.',
    locations: formatted.locations,
    path: formatted.path,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  };
}

function asError(error: GraphQLFormattedError): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(error.message, { path: error.path, extensions: error.extensions });
}
