/** GraphQL over HTTP (Apollo). @module */
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { expressMiddleware } from '@as-integrations/express5';
import express, { Router } from 'express';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Principal } from '../services/token/principal.js';
import { principalOf } from './admission.js';
import { GRAPHQL_PATH } from './errors.js';
import { mask } from './mask.js';
import { checkQuery, type QueryLimits } from './query-limits.js';

/** Largest request. Files go through /uploads. */
const BODY_LIMIT = '1mb';

export interface GraphQLOptions {
  readonly schema: GraphQLSchema;
  /** What resolvers of one request share. */
  readonly contextOf: (viewer: Principal) => object;
  readonly limits: QueryLimits;
  readonly log: Logger;
}

export interface GraphQLOverHttp {
  readonly routes: Router;
  stop(): Promise<void>;
}

export async function graphqlOverHttp({ schema, contextOf, limits, log }: GraphQLOptions): Promise<GraphQLOverHttp> {
  const apollo = new ApolloServer({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: limits.maxTokens },
    formatError: (formatted, error) => mask(formatted, error, log),
    // Apollo's own page loads from the network; `/` is plain and works without. Answers are a token's own and not cached on the way; the plugin for it would
    // see every field of every answer.
    // Apollo's reports would start by themselves where the environment holds a key of Apollo's.
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      limitQueries(limits),
    ],
    logger: log,
    // Signals are the server's to handle, as a whole.
    stopOnTerminationSignals: false,
  });
  await apollo.start();
  const routes = Router();
  routes.use(
    GRAPHQL_PATH,
    express.json({ limit: BODY_LIMIT }),
    expressMiddleware(apollo, { context: async ({ res }) => contextOf(principalOf(res)) }),
  );
  return { routes, stop: () => apollo.stop() };
}

function limitQueries(limits: QueryLimits): ApolloServerPlugin {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ schema, document, request }) {
        try {
          checkQuery(schema, document, request, limits);
        } catch (error) {
          // Apollo answers by 500 unless an error says otherwise, as its own do.
          if (!(error instanceof GraphQLError)) throw error;
          throw new GraphQLError(error.message, { extensions: { ...error.extensions, http: { status: 400 } } });
        }
      },
    }),
  };
}
