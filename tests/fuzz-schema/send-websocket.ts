/** Sends random operations over WebSocket, each on a socket of its own, and says what is wrong with what comes back. @module */
import WebSocket, { type RawData } from 'ws';
import type { Operation } from './operations.js';
import type { FuzzTarget, Sent } from './types.js';

/** A subscription may have nothing to say. */
const QUIET_MS = 300;
/** Everything else has an answer. */
const PATIENCE_MS = 30_000;

/** What the protocol and the server close a socket by where the client is at fault: a message that is none, a token that does not count, too much of something. */
const TYPED_CLOSES = [1009, 4400, 4401, 4403, 4408, 4409, 4429];

interface Answer {
  readonly status: number;
  readonly codes: readonly string[];
  readonly fault?: string;
}

export async function sendOverWebSocket({ graphqlUrl, authorizations }: FuzzTarget, role: string, operation: Operation): Promise<Sent> {
  const began = performance.now();
  const authorization = authorizations[role];
  const socket = new WebSocket(graphqlUrl.replace(/^http/, 'ws'), 'graphql-transport-ws');
  try {
    const answer = await answerOn(socket, authorization, operation.body);
    return {
      ...answer,
      operation: { ...operation, kind: `WebSocket, ${operation.kind}` },
      role,
      ms: performance.now() - began,
      fault: answer.fault,
    };
  } finally {
    socket.terminate();
  }
}

function answerOn(socket: WebSocket, authorization: string | undefined, body: string): Promise<Answer> {
  const isSubscription = /\bsubscription\b/.test(body);
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: authorization ? { authorization } : {} })));
    socket.on('message', (data: RawData) => {
      const text = (data as Buffer).toString();
      const { type, payload } = JSON.parse(text) as { type: string; payload?: unknown };
      if (type === 'connection_ack') {
        // As it is, where it is no JSON too.
        socket.send(`{"id":"1","type":"subscribe","payload":${body}}`);
        const silent = { status: 200, codes: [], fault: isSubscription ? undefined : `no answer in ${PATIENCE_MS} ms` };
        timer = setTimeout(() => end(silent), isSubscription ? QUIET_MS : PATIENCE_MS);
      } else if (type === 'next') end(checked(200, (payload as { errors?: unknown[] }).errors ?? [], text));
      else if (type === 'error') end(checked(400, payload as unknown[], text));
      else if (type === 'complete') end({ status: 200, codes: [] });
    });
    socket.on('error', () => undefined);
    socket.on('close', (code: number, reason: Buffer) => {
      const fault = TYPED_CLOSES.includes(code) ? undefined : `closed by ${code}: ${reason.toString()}`;
      end({ status: code, codes: [], fault });
    });
  });
}

/** Each error says by a code what kind it is, and shows no stack. */
function checked(status: number, errors: readonly unknown[], text: string): Answer {
  const extensions = errors.map((error) => (error as { extensions?: { code?: unknown; stacktrace?: unknown } }).extensions);
  const codes = extensions.map((one) => one?.code);
  const isFine =
    codes.every((code) => typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR') &&
    extensions.every((one) => one?.stacktrace === undefined);
  return { status, codes: codes.map(String), fault: isFine ? undefined : `over WebSocket: ${text.slice(0, 500)}` };
}
