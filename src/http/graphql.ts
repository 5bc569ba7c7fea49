/** GraphQL over HTTP (Apollo). @module */
import { ApolloServer, HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { expressMiddleware } from '@as-integrations/express5';
import express, { Router, type Request } from 'express';
import { execute, GraphQLError, OperationTypeNode, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Principal } from '../services/token/principal.js';
import { principalOf } from './admission.js';
import { type ErrorCode, STATUS } from '../errors.js';
import { GRAPHQL_PATH, RETRY_SECONDS } from './errors.js';
import { mask } from './mask.js';
import { checkLength, checkQuery, type QueryLimits } from './query-limits.js';

/** Largest request. Files go through /uploads. */
const BODY_LIMIT = '1mb';

/** What this module reads of what resolvers share. */
interface RequestContext {
  readonly viewer: Principal;
}

export interface GraphQLOptions {
  readonly schema: GraphQLSchema;
  /** What resolvers of one request share. */
  readonly contextOf: (viewer: Principal) => RequestContext;
  readonly limits: QueryLimits;
  /** What to execute, without its variables, instead of an operation that the viewer may not do. */
  readonly refuse: (
    document: DocumentNode,
    operationName: string | null | undefined,
    viewer: Principal,
  ) => { readonly schema: GraphQLSchema; readonly document: DocumentNode } | undefined;
  readonly log: Logger;
}

/** Codes after which the same request may succeed: clients and proxies are told by the status, too. */
const PASSING: readonly ErrorCode[] = ['UNAVAILABLE', 'STORE_UNAVAILABLE', 'INSUFFICIENT_STORAGE'];

/** Of a query that is wrong in many ways; finding a name that was meant takes time for each. */
export const VALIDATION_OPTIONS = { maxErrors: 10 };

export interface GraphQLOverHttp {
  readonly routes: Router;
  stop(): Promise<void>;
}

export async function graphqlOverHttp({ schema, contextOf, limits, refuse, log }: GraphQLOptions): Promise<GraphQLOverHttp> {
  const apollo = new ApolloServer<RequestContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: limits.maxTokens },
    validationOptions: VALIDATION_OPTIONS,
    formatError: (formatted, error) => mask(formatted, error, log),
    // Apollo's own page loads from the network; `/` is plain and works without. Answers are a token's own and not cached on the way; the plugin for it would
    // see every field of every answer.
    // Apollo's reports would start by themselves where the environment holds a key of Apollo's.
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      limitQueries(limits, refuse, log),
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
    (request: Request<object, unknown, { query?: unknown } | undefined>, _response, next) => {
      checkLength(request.body?.query);
      checkLength(request.query.query);
      next();
    },
    expressMiddleware(apollo, { context: async ({ res }) => contextOf(principalOf(res)) }),
  );
  return { routes, stop: () => apollo.stop() };
}

function limitQueries(limits: QueryLimits, refuse: GraphQLOptions['refuse'], log: Logger): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ schema, document, operation, request, contextValue }) {
        // Apollo would run it as if it were a query.
        if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
          const message = 'Subscriptions go over a WebSocket (graphql-transport-ws) to the same address.';
          throw new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
        }
        if (refuse(document, request.operationName, contextValue.viewer)) return;
        try {
          checkQuery(schema, document, request, limits);
        } catch (error) {
          // Apollo answers by 500 unless an error says otherwise, as its own do.
          if (!(error instanceof GraphQLError)) throw error;
          throw new GraphQLError(error.message, { extensions: { ...error.extensions, http: { status: 400 } } });
        }
      },
      async responseForOperation({ document, request, contextValue }) {
        const refusal = refuse(document, request.operationName, contextValue.viewer);
        if (!refusal) return null;
        const { operationName, variables: variableValues } = request;
        const { data, errors } = await execute({ ...refusal, contextValue, operationName, variableValues });
        const masked = errors?.map((error) => mask(error.toJSON(), error, log));
        return {
          http: { status: undefined, headers: new HeaderMap() },
          body: { kind: 'single', singleResult: { data, ...(masked && { errors: masked }) } },
        };
      },
      async willSendResponse({ response: { body, http } }) {
        if (body.kind !== 'single') return;
        const passing = body.singleResult.errors?.find(({ extensions }) => PASSING.includes(extensions?.code as ErrorCode));
        if (!passing) return;
        http.status = STATUS[passing.extensions!.code as ErrorCode];
        http.headers.set('retry-after', String(RETRY_SECONDS));
      },
    }),
  };
}
