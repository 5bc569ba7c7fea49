/** Sends random operations to a server, over HTTP and over WebSocket, and says what is wrong with its answers. @module */
import { createHash } from 'node:crypto';
import { randomStream } from '../../src/compute/random.js';
import { sendOverWebSocket } from './send-websocket.js';
import { randomOperation, type Operation } from './operations.js';
import type { FuzzTarget, Sent } from './types.js';

/** One of so many goes over WebSocket. */
const OVER_WEBSOCKET = 4;

/** Sends those of a seed with the numbers from `from` on, one after the other, each as one of the roles. */
export async function* sendOperations(target: FuzzTarget, seed: number, from: number, to: number): AsyncGenerator<Sent> {
  const roles = Object.keys(target.authorizations);
  for (let i = from; i < to; i++) {
    const random = randomStream(seed, 'schema', i);
    const role = roles[random.integer(roles.length)]!;
    const operation = randomOperation(target, random);
    yield await (random.integer(OVER_WEBSOCKET) === 0 ? sendOverWebSocket : send)(target, role, operation);
  }
}

async function send({ graphqlUrl, authorizations }: FuzzTarget, role: string, operation: Operation): Promise<Sent> {
  const authorization = authorizations[role];
  const began = performance.now();
  const response = await fetch(graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
    body: operation.body,
  });
  const text = await response.text();
  const ms = performance.now() - began;
  const { status } = response;
  const { codes, fault } = check(status, text);
  return { operation, role, status, codes, ms, fault };
}

/** Every answer is 2xx or 4xx, JSON, and each of its errors says by a code what kind it is. */
function check(status: number, text: string): { codes: string[]; fault: string | undefined } {
  let answer: {
    data?: unknown;
    errors?: { message?: unknown; extensions?: { code?: unknown; stacktrace?: unknown } }[];
    error?: { code?: unknown };
  };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    return { codes: [], fault: `status ${status}, and no JSON: ${text.slice(0, 200)}` };
  }
  const codes = [...(answer.errors ?? []).map(({ extensions }) => extensions?.code), ...(answer.error ? [answer.error.code] : [])];
  const isTyped = codes.every((code) => typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR');
  const isAnswer = answer.data !== undefined || codes.length > 0;
  const shows = (answer.errors ?? []).some(({ extensions }) => extensions?.stacktrace !== undefined);
  const isFine = isTyped && isAnswer && !shows && ((status >= 200 && status < 300) || (status >= 400 && status < 500));
  return { codes: codes.map(String), fault: isFine ? undefined : `status ${status}: ${text.slice(0, 500)}` };
}

/** An operation in short: the same for those that are alike but for their values. */
export const shapeOf = ({ body }: Operation): string => createHash('sha256').update(body).digest('hex').slice(0, 16);
