/** Calls to an endpoint: guarded, timed, limited in number and size, and repeated where that may help. @module */
import { setTimeout as delay } from 'node:timers/promises';
import pRetry, { AbortError } from 'p-retry';
import { RateLimiterMemory, RateLimiterQueue } from 'rate-limiter-flexible';
import { Agent, errors, request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { ComputeError } from '../../../errors.js';
import { checkHost, guardedLookup } from './addresses.js';
import type { Endpoint, RemotePolicy } from './endpoint.js';
import type { Message } from './protocols/types.js';

/** Before the first repetition; each next one waits twice as long. */
const FIRST_WAIT_MS = 250;
/** Also of what a server asks for by `Retry-After`. */
const LONGEST_WAIT_MS = 30_000;

/** What a server answers that may answer otherwise in a moment. */
const PASSING_STATUSES = [408, 425, 429, 500, 502, 503, 504];

/** With which a server says that a function is not connected, or raised an error. */
const FUNCTION_STATUSES = [410, 422];

const functionAnswer = z.object({
  error: z.object({ code: z.enum(['FUNCTION_NOT_CONNECTED', 'FUNCTION_FAILED']), message: z.string().max(2000) }),
});

/** An answer that is none, and how long the server wants to be left alone. */
class NoAnswer extends Error {
  constructor(
    message: string,
    readonly waitMs = 0,
  ) {
    super(message);
  }
}

export class EndpointClient {
  private readonly url: URL;
  private readonly agent: Agent;
  private readonly limiter: RateLimiterQueue | undefined;

  /** @throws ComputeError REMOTE_ADDRESS_REFUSED for a numeric address that is not allowed. Names are looked at when they are looked up. */
  constructor(
    private readonly endpoint: Endpoint,
    { networks, maximumResponseBytes }: RemotePolicy,
  ) {
    this.url = new URL(endpoint.url);
    // The address of a function is the server's own.
    if (!endpoint.isFunction) checkHost(this.url, networks);
    const connect = endpoint.isFunction ? {} : { lookup: guardedLookup(networks) };
    // Attempts have a time of their own, which may be longer than undici's of 5 minutes.
    this.agent = new Agent({ connect, maxResponseSize: maximumResponseBytes, headersTimeout: 0, bodyTimeout: 0 });
    const { requestsPerSecond: points } = endpoint;
    this.limiter = points === undefined ? undefined : new RateLimiterQueue(new RateLimiterMemory({ points, duration: 1 }));
  }

  /** @returns the body of the answer. @throws ComputeError REMOTE_MODEL_FAILED, REMOTE_ADDRESS_REFUSED or CANCELLED. */
  async post(message: Message, signal?: AbortSignal): Promise<Uint8Array> {
    const { retries } = this.endpoint;
    try {
      return await pRetry(() => this.attempt(message, signal), {
        retries,
        minTimeout: FIRST_WAIT_MS,
        maxTimeout: LONGEST_WAIT_MS,
        randomize: true,
        signal,
        onFailedAttempt: async ({ error, retriesLeft }) => {
          if (error instanceof NoAnswer && retriesLeft > 0) await delay(error.waitMs, undefined, { signal });
        },
      });
    } catch (error) {
      if (signal?.aborted) throw new ComputeError('CANCELLED', 'The computation was cancelled.');
      if (error instanceof ComputeError) throw error;
      if (!(error instanceof NoAnswer)) throw remoteFailure(this.endpoint, (error as Error).message);
      const problem = `${error.message}${retries > 0 ? `, also after ${retries} repetitions` : ''}`;
      throw this.endpoint.isFunction ? serverAway(problem) : remoteFailure(this.endpoint, problem);
    }
  }

  /** Also ends what is under way. */
  close(): Promise<void> {
    return this.agent.destroy();
  }

  private async attempt({ headers, body }: Message, signal?: AbortSignal): Promise<Uint8Array> {
    await this.limiter?.removeTokens(1);
    const { authorization, timeoutSeconds, isFunction } = this.endpoint;
    // The server that a function is connected to counts its time, without that of calls before this one.
    const timeout = isFunction ? undefined : AbortSignal.timeout(timeoutSeconds * 1000);
    const signals = [signal, timeout].filter((each) => each !== undefined);
    try {
      // Redirects are not followed: each would have to be guarded, and an API has no need of them.
      const response = await request(this.url, {
        dispatcher: this.agent,
        method: 'POST',
        headers: { ...headers, ...(authorization && { authorization }) },
        body,
        signal: AbortSignal.any(signals),
      });
      if (isFunction && FUNCTION_STATUSES.includes(response.statusCode)) throw await functionError(response);
      return await bodyOf(response);
    } catch (error) {
      if (error instanceof AbortError || error instanceof NoAnswer) throw error;
      if (error instanceof ComputeError) throw new AbortError(error);
      if (error instanceof errors.ResponseExceededMaxSizeError) throw new AbortError('its answer is larger than the server accepts');
      if (timeout?.aborted) throw new NoAnswer(`it did not answer within ${timeoutSeconds} s`);
      throw new NoAnswer(`the connection failed (${(error as NodeJS.ErrnoException).code ?? 'no reason given'})`);
    }
  }
}

/** The server that a function is connected to is this installation's: what it says is repeated. */
async function functionError({ body }: Dispatcher.ResponseData): Promise<ComputeError> {
  const { code, message } = functionAnswer.parse(await body.json()).error;
  return new ComputeError(code, message, ['function']);
}

/** What the server says beside the status is not repeated: it may echo the request, with its authorization. */
async function bodyOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Uint8Array> {
  if (statusCode >= 200 && statusCode < 300) return new Uint8Array(await body.arrayBuffer());
  await body.dump();
  if (PASSING_STATUSES.includes(statusCode)) {
    const seconds = Number(headers['retry-after'] ?? 0);
    throw new NoAnswer(`it answers with HTTP status ${statusCode}`, seconds > 0 ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : 0);
  }
  const redirected = statusCode >= 300 && statusCode < 400 ? ', a redirect, which is not followed: give the address it leads to' : '';
  throw new AbortError(`it answers with HTTP status ${statusCode}${redirected}`);
}

/** What an error names where the server that a function was connected to does not answer: its client may be connected to another one by now. */
const SERVER_AWAY = 'server';

const serverAway = (problem: string) =>
  new ComputeError('REMOTE_MODEL_FAILED', `The function does not serve the model: ${problem}.`, ['function', SERVER_AWAY]);

/** Whether another try may reach a function, at the address that its model has then. */
export const isServerAway = (error: unknown): boolean =>
  error instanceof ComputeError && error.code === 'REMOTE_MODEL_FAILED' && error.path?.[1] === SERVER_AWAY;

/** @param problem of "it", the endpoint. The address in the message is without its query, which may hold a key; that of a function is internal. */
export function remoteFailure({ url, isFunction }: Endpoint, problem: string): ComputeError {
  if (isFunction) return new ComputeError('REMOTE_MODEL_FAILED', `The function does not serve the model: ${problem}.`, ['function']);
  const { origin, pathname } = new URL(url);
  return new ComputeError('REMOTE_MODEL_FAILED', `The endpoint ${origin}${pathname} does not serve the model: ${problem}.`, ['endpoint']);
}
