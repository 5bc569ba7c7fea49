/** GraphQL over WebSocket (graphql-transport-ws), under the same checks as over HTTP. @module */
import { execute, GraphQLError, subscribe, validate, type GraphQLFormattedError } from 'graphql';
import { CloseCode, type Context } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { inRequest, newRequest } from '../request-context.js';
import { hasCode } from '../errors.js';
import type { Principal } from '../services/token/principal.js';
import type { Admission, Credentials } from './admission.js';
import { GRAPHQL_PATH } from './errors.js';
import { VALIDATION_OPTIONS, type GraphQLOptions } from './graphql.js';
import { mask } from './mask.js';
import { OpenSockets, type SocketLimits } from './open-sockets.js';
import { checkQuery, parseQuery } from './query-limits.js';
import { sessionOf } from './session.js';
import { RECHECK_MS, type Sockets, TOO_MANY, verifyHost } from './upgrades.js';

export interface WebSocketOptions extends GraphQLOptions {
  readonly admission: Admission;
  readonly socketLimits: SocketLimits;
}

/** Browsers cannot send headers with a WebSocket, so the first message may hold the token. */
interface ConnectionParams extends Record<string, unknown> {
  readonly authorization?: unknown;
}

type Connection = Pick<Context<ConnectionParams>, 'connectionParams' | 'subscriptions'> & { readonly extra: Extra };

export function graphqlOverWebSocket({ schema, contextOf, admission, limits, refuse, socketLimits, log }: WebSocketOptions): Sockets {
  const open = new OpenSockets<Connection>(socketLimits);
  const sockets = new WebSocketServer({ noServer: true, path: GRAPHQL_PATH, maxPayload: 2 ** 20, verifyClient: verifyHost(admission) });
  const disposable = useServer<ConnectionParams>(
    {
      schema,
      execute: (args) => inRequest(newRequest(), () => execute(args)),
      subscribe: (args) => inRequest(newRequest(), () => subscribe(args)),
      async onConnect(connection) {
        const principal = await admitted(connection, admission);
        if (!principal) return false;
        const isAllowed = open.open(principal, connection);
        if (!isAllowed)
          connection.extra.socket.close(TOO_MANY, `A token name may have ${socketLimits.maxSockets} sockets at the same time.`);
        return isAllowed;
      },
      onClose: (connection) => open.close(connection),
      async onSubscribe(connection, _id, { query, operationName, variables }) {
        try {
          const viewer = await admission.admit(credentialsOf(connection, admission));
          open.checkSubscriptions(viewer);
          const document = parseQuery(query, limits);
          const errors = validate(schema, document, undefined, VALIDATION_OPTIONS);
          if (errors.length > 0) return errors;
          const args = { operationName, variableValues: variables, contextValue: contextOf(viewer) };
          const refusal = refuse(document, operationName, viewer);
          if (refusal) return { ...args, ...refusal };
          checkQuery(schema, document, { operationName, variables }, limits);
          return { ...args, schema, document };
        } catch (error) {
          return [error instanceof GraphQLError ? error : toError(mask({ message: '' }, error, log))];
        }
      },
      async onNext(connection, _id, _payload, _args, result) {
        // A subscription outlives the check that it began with.
        await admitted(connection, admission);
        return result.errors && { ...result, errors: result.errors.map((error) => toError(mask(error.toJSON(), error, log))) };
      },
      onError: (_connection, _id, _payload, errors) => errors.map((error) => mask(error as GraphQLFormattedError, error, log)),
    },
    sockets,
  );
  const recheck = setInterval(() => void open.each((connection) => admitted(connection, admission)).catch(() => undefined), RECHECK_MS);
  return {
    sockets,
    async close() {
      clearInterval(recheck);
      await disposable.dispose();
    },
  };
}

/** Closes the socket of a client without a token that counts. */
async function admitted(connection: Connection, admission: Admission): Promise<Principal | undefined> {
  try {
    return await admission.authenticate(credentialsOf(connection, admission));
  } catch (error) {
    if (!hasCode(error, 'UNAUTHENTICATED', 'TOO_MANY_REQUESTS')) throw error;
    // Reasons of closing have 123 bytes at most.
    if (error.code === 'TOO_MANY_REQUESTS') connection.extra.socket.close(TOO_MANY, 'Too many unknown tokens from this address.');
    else connection.extra.socket.close(CloseCode.Unauthorized, error.message);
    return undefined;
  }
}

/** Browsers let any page open a socket anywhere, with cookies: a session counts for the server's own pages only. */
function credentialsOf({ connectionParams, extra: { request } }: Connection, { origins }: Admission): Credentials {
  return {
    authorization: connectionParams?.authorization ?? request.headers.authorization,
    session: origins.isOwn(request.headers) ? sessionOf(request.headers) : undefined,
    address: origins.clientOf(request.headers, request.socket.remoteAddress),
  };
}

const toError = ({ message, path, extensions }: GraphQLFormattedError) => new GraphQLError(message, { path, extensions });
