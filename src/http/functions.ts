/**
 * Functions of clients. `GET /models/:id/function` becomes a WebSocket. The client's first message is `{"authorization": "Bearer …"}`, or `{}` where that is a header or
 * not needed; the answer is `{"ready": true}`. Then the server sends binary messages: the number of the call (uint32, little-endian) and the images (float32,
 * little-endian). The client answers each with the number and a row of scores or a label for each image (float32), or `{"call": 7, "error": "ValueError: …"}`.
 * Processes of this installation call functions by `POST /internal/functions/:id`.
 * @module
 */
import type { IncomingMessage } from 'node:http';
import express, { Router, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { fetch } from 'undici';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { ComputeError } from '../compute/errors.js';
import { DomainError } from '../errors.js';
import { checkRole } from '../services/access/access.js';
import type { ConnectedFunction } from '../services/model/connected-function.js';
import { CALL_PATH, type FunctionService } from '../services/model/functions.js';
import type { Principal } from '../services/token/principal.js';
import { eitherRowId } from '../storage/global-id.js';
import { principalOf, route, type Admission, type Credentials } from './admission.js';
import { describe, HttpError } from './errors.js';
import { sessionOf } from './session.js';
import { RECHECK_MS, type Sockets, verifyHost } from './upgrades.js';

const OPERATION = 'GET /models/:id/function';
const PATH = /^\/models\/([^/?]+)\/function(?:\?|$)/;

/** Most bytes of the images of a call: 400 colour images of 224 by 224. */
const MAXIMUM_CALL = '256mb';

/** How long a client may take to say who it is. */
const HELLO_MS = 10_000;

/** A client that answers no ping for so long is gone. */
const PING_MS = 20_000;

/** Codes that a socket is closed with: 4000 and the status of HTTP. */
const CLOSE_CODES = 4000;
const INVALID_MESSAGE = 4400;

/** Reasons of closing have 123 bytes at most. */
const LONGEST_REASON = 120;

const FORWARDED = 'gauntlet-forwarded';

const hello = z.object({ authorization: z.string().max(10_000).optional() });
const failure = z.object({ call: z.number().int().nonnegative(), error: z.string() });

/** What clients open. */
export function functionRoutes(functions: FunctionService): Router {
  const router = Router();
  route(router, OPERATION, async (request: Request<{ id: string }>, response: Response) => {
    await functions.find(principalOf(response), eitherRowId(request.params.id, 'Model'));
    throw new HttpError(426, 'UPGRADE_REQUIRED', 'Open a WebSocket at this address.', { Upgrade: 'websocket' });
  });
  return router;
}

/** What workers call, by the secret of the function alone. */
export function functionCallRoutes(functions: FunctionService): Router {
  const router = Router();
  router.post(
    `${CALL_PATH}/:id`,
    async (request: Request<{ id: string }>, _response, next) => {
      await functions.checkCaller(idOf(request), request.get('authorization'));
      next();
    },
    express.raw({ type: () => true, limit: MAXIMUM_CALL }),
    async (request: Request<{ id: string }>, response: Response) => {
      const left = new AbortController();
      response.once('close', () => left.abort());
      try {
        const forward = request.get(FORWARDED) ? undefined : (url: string) => forwarded(url, request, left.signal);
        response
          .type('application/octet-stream')
          .end(await functions.call(idOf(request)!, request.body as Uint8Array, left.signal, forward));
      } catch (error) {
        if (!(error instanceof ComputeError)) throw error;
        throw new HttpError(error.code === 'FUNCTION_FAILED' ? 422 : 410, error.code, error.message);
      }
    },
  );
  return router;
}

const idOf = ({ params: { id } }: Request<{ id: string }>) => eitherRowId(id, 'Model');

/** The answer of the server that the client is connected to; undefined where that has none. @throws ComputeError FUNCTION_FAILED */
async function forwarded(url: string, request: Request, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const headers = { authorization: request.get('authorization')!, 'content-type': 'application/octet-stream', [FORWARDED]: '1' };
  const body = request.body as Uint8Array<ArrayBuffer>;
  const answer = await fetch(url, { method: 'POST', headers, body, signal }).catch(() => undefined);
  if (answer?.ok) return new Uint8Array(await answer.arrayBuffer());
  if (answer?.status !== 422) {
    // An answer that nobody reads keeps its connection, and undici 7 throws where it ends before (nodejs/undici#5360).
    await answer?.body?.cancel();
    return undefined;
  }
  const { error } = (await answer.json()) as { error: { message: string } };
  throw new ComputeError('FUNCTION_FAILED', error.message, ['function']);
}

export interface FunctionSocketOptions {
  readonly functions: FunctionService;
  readonly admission: Admission;
  readonly maxMessageBytes: number;
  readonly log: Logger;
}

class FunctionSockets extends WebSocketServer {
  override shouldHandle({ url = '' }: IncomingMessage): boolean {
    return PATH.test(url);
  }
}

export function functionSockets({ functions, admission, maxMessageBytes, log }: FunctionSocketOptions): Sockets {
  const sockets = new FunctionSockets({ noServer: true, maxPayload: maxMessageBytes, verifyClient: verifyHost(admission) });
  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    socket.on('error', (error) => log.debug({ err: error }, 'connection of a function'));
    serve(socket, request).catch((error: unknown) => {
      const { status, message } = describe(error);
      if (status === 500) log.error({ err: error }, 'connection of a function');
      closeSocket(socket, CLOSE_CODES + status, message);
    });
  });

  async function serve(socket: WebSocket, request: IncomingMessage): Promise<void> {
    const modelId = eitherRowId(decodeURIComponent(PATH.exec(request.url!)![1]!), 'Model');
    const open: { connected?: ConnectedFunction } = {};
    const said = await firstMessage(socket, (data, isBinary) => open.connected !== undefined && take(open.connected, data, isBinary));
    const credentials = credentialsOf(said, request, admission);
    const check = async (known: (credentials: Credentials) => Promise<Principal>) => {
      const principal = await known(credentials);
      checkRole(principal, OPERATION);
      return { principal, model: await functions.find(principal, modelId) };
    };
    const { principal, model } = await check((given) => admission.admit(given));
    const connected = await functions.connect(principal, model, {
      send: (message) => new Promise((resolve, reject) => socket.send(message, (error) => (error ? reject(error) : resolve()))),
      close: (code, reason) => closeSocket(socket, code, reason),
    });
    const recheck = setInterval(() => {
      check((given) => admission.authenticate(given)).catch((error: unknown) => {
        if (error instanceof DomainError) closeSocket(socket, CLOSE_CODES + error.status, error.message);
      });
    }, RECHECK_MS);
    const ping = pingRegularly(socket);
    const ended = () => {
      clearInterval(recheck);
      clearInterval(ping);
      functions.disconnect(model.id, connected);
    };
    socket.once('close', ended);
    if (socket.readyState !== socket.OPEN) return ended();
    open.connected = connected;
    socket.send(JSON.stringify({ ready: true }));
  }

  return {
    sockets,
    close: () => {
      functions.close();
      for (const socket of sockets.clients) socket.terminate();
      return new Promise((resolve) => sockets.close(() => resolve()));
    },
  };
}

/** @returns whether the message is one. */
function take(connected: ConnectedFunction, data: RawData, isBinary: boolean): boolean {
  const bytes = data as Buffer;
  if (isBinary) {
    if (bytes.length < 4) return false;
    connected.answer(bytes);
    return true;
  }
  const parsed = failure.safeParse(json(bytes));
  if (parsed.success) connected.fail(parsed.data.call, parsed.data.error);
  return parsed.success;
}

/** @param next gets the messages after it, and says whether they make sense. @throws HttpError where it does not come, or is another. */
async function firstMessage(socket: WebSocket, next: (data: RawData, isBinary: boolean) => boolean): Promise<z.infer<typeof hello>> {
  let first: ((data: Buffer) => void) | undefined;
  socket.on('message', (data, isBinary) => {
    if (first) first(data as Buffer);
    else if (!next(data, isBinary)) closeSocket(socket, INVALID_MESSAGE, 'This message is neither an answer nor an error.');
  });
  const data = await new Promise<Buffer>((resolve, reject) => {
    const end = (settle: () => void) => {
      first = undefined;
      clearTimeout(timer);
      settle();
    };
    const timer = setTimeout(
      () => end(() => reject(new HttpError(408, 'REQUEST_TIMEOUT', 'The first message says who you are.'))),
      HELLO_MS,
    );
    first = (message) => end(() => resolve(message));
    socket.once('close', () => end(() => reject(new HttpError(400, 'BAD_REQUEST', 'The socket was closed.'))));
  });
  const parsed = hello.safeParse(json(data));
  if (!parsed.success) throw new HttpError(400, 'BAD_REQUEST', 'The first message is {"authorization": "Bearer …"}.');
  return parsed.data;
}

function json(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString());
  } catch {
    return undefined;
  }
}

/** Browsers let any page open a socket anywhere, with cookies: a session counts for the server's own pages only. */
function credentialsOf(
  { authorization }: z.infer<typeof hello>,
  { headers, socket }: IncomingMessage,
  { origins }: Admission,
): Credentials {
  return {
    authorization: authorization ?? headers.authorization,
    session: origins.isOwn(headers) ? sessionOf(headers) : undefined,
    address: origins.clientOf(headers, socket.remoteAddress),
  };
}

function pingRegularly(socket: WebSocket): NodeJS.Timeout {
  let unanswered = 0;
  socket.on('pong', () => (unanswered = 0));
  return setInterval(() => {
    if (++unanswered > 2) socket.terminate();
    else socket.ping();
  }, PING_MS);
}

function closeSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, Buffer.from(reason).subarray(0, LONGEST_REASON).toString());
}
