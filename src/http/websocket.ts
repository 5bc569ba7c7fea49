/** GraphQL over WebSocket (graphql-transport-ws), under the same checks as over HTTP. @module */
import type { IncomingMessage, Server } from 'node:http';
import { GraphQLError, validate, type GraphQLFormattedError } from 'graphql';
import { CloseCode, type Context } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { hasCode } from '../errors.js';
import type { Principal } from '../services/token/principal.js';
import type { Admission, Credentials } from './admission.js';
import { describe, GRAPHQL_PATH } from './errors.js';
import type { GraphQLOptions } from './graphql.js';
import { mask } from './mask.js';
import { OpenSockets, type SocketLimits } from './open-sockets.js';
import { checkQuery, parseQuery } from './query-limits.js';
import { sessionOf } from './session.js';

export interface WebSocketOptions extends GraphQLOptions {
  readonly admission: Admission;
  readonly socketLimits: SocketLimits;
}

/** Code that a socket is closed with, after HTTP's 429. */
const TOO_MANY = 4429;

/** Browsers cannot send headers with a WebSocket, so the first message may hold the token. */
interface ConnectionParams extends Record<string, unknown> {
  readonly authorization?: unknown;
}

type Connection = Pick<Context<ConnectionParams>, 'connectionParams' | 'subscriptions'> & { readonly extra: Extra };

/** @returns how to close all sockets. */
export function graphqlOverWebSocket(
  server: Server,
  { schema, contextOf, admission, limits, socketLimits, log }: WebSocketOptions,
): () => Promise<void> {
  const open = new OpenSockets(socketLimits);
  const sockets = new WebSocketServer({
    server,
    path: GRAPHQL_PATH,
    maxPayload: 2 ** 20,
    verifyClient({ req: { headers } }: { req: IncomingMessage }, answer: (admitted: boolean, status: number, message?: string) => void) {
      try {
        admission.checkHost(headers.host);
        admission.origins.check(headers);
        answer(true, 101);
      } catch (error) {
        const { status, message } = describe(error);
        answer(false, status, message);
      }
    },
  });
  const disposable = useServer<ConnectionParams>(
    {
      schema,
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
          const errors = validate(schema, document);
          if (errors.length > 0) return errors;
          checkQuery(schema, document, { operationName, variables }, limits);
          return { schema, document, operationName, variableValues: variables, contextValue: contextOf(viewer) };
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
  return async () => disposable.dispose();
}

/** Closes the socket of a client without a token that counts. */
async function admitted(connection: Connection, admission: Admission): Promise<Principal | undefined> {
  try {
    return await admission.authenticate(credentialsOf(connection, admission));
  } catch (error) {
    if (!hasCode(error, 'UNAUTHENTICATED')) throw error;
    connection.extra.socket.close(CloseCode.Unauthorized, error.message);
    return undefined;
  }
}

/** Browsers let any page open a socket anywhere, with cookies: a session counts for the server's own pages only. */
function credentialsOf({ connectionParams, extra: { request } }: Connection, { origins }: Admission): Credentials {
  return {
    authorization: connectionParams?.authorization ?? request.headers.authorization,
    session: origins.isOwn(request.headers) ? sessionOf(request.headers) : undefined,
    address: request.socket.remoteAddress,
  };
}

const toError = ({ message, path, extensions }: GraphQLFormattedError) => new GraphQLError(message, { path, extensions });
