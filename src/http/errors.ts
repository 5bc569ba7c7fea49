/** Errors as JSON: what is wrong, and nothing about the inside of the server. @module */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { DomainError } from '../errors.js';
import { ArtifactMissing, isDiskFull, isStoreTrouble, StoreUnavailable } from '../storage/errors.js';

export const GRAPHQL_PATH = '/graphql';

/** After trouble that passes. */
export const RETRY_SECONDS = 5;

export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** For answers that are streamed: a client that goes away is no error. */
export function unlessClientLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}

/** Trouble of the artifact store, the database or the system, of which a client can make something: another try may succeed. */
function ofTrouble(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  if (isDiskFull(error))
    return new DomainError(
      'INSUFFICIENT_STORAGE',
      'The server has no room left on its disk. Try again when its operator has made room.',
      [],
      {
        retryAfter: RETRY_SECONDS,
      },
    );
  if (error instanceof ArtifactMissing)
    return new DomainError('ARTIFACT_LOST', 'The bytes of this artifact are lost. Make or upload it again.');
  if (error instanceof StoreUnavailable)
    return new DomainError('STORE_UNAVAILABLE', 'The artifact store is not available at the moment. Try again.', [], {
      retryAfter: RETRY_SECONDS,
    });
  if (isStoreTrouble(error))
    return new DomainError('UNAVAILABLE', 'The server is not available at the moment. Try again.', [], { retryAfter: RETRY_SECONDS });
  return error;
}

/** Any error as an answer. */
export function describe(thrown: unknown): HttpError {
  const error = ofTrouble(thrown);
  if (error instanceof HttpError) return error;
  if (error instanceof DomainError) return new HttpError(error.status, error.code, error.message, headersOf(error));
  // Express and its body parser mark what is the client's fault with a status.
  const { status, message } = error as { status?: unknown; message?: string };
  if (typeof status === 'number' && status >= 400 && status < 500) return new HttpError(status, 'BAD_REQUEST', message ?? 'Bad request.');
  return new HttpError(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong in the server.');
}

function headersOf({ code, retryAfter }: DomainError): Record<string, string> {
  return {
    ...(code === 'UNAUTHENTICATED' && { 'WWW-Authenticate': 'Bearer' }),
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
  };
}

export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    const { status, code, message, headers } = describe(error);
    // The client has left, or was disconnected, which has been logged.
    if (request.socket.destroyed) return void response.destroy();
    if (error instanceof StoreUnavailable) log.warn({ err: error, method: request.method, path: request.path }, 'artifact store');
    if (status === 500) log.error({ err: error, method: request.method, path: request.path }, 'request failed');
    if (response.headersSent) return next(error);
    // Clients of GraphQL look for errors in its own form.
    const body = request.path === GRAPHQL_PATH ? { errors: [{ message, extensions: { code } }] } : { error: { code, message } };
    response.status(status).set(headers).json(body);
  };
}

export const notFound: RequestHandler = (request) => {
  throw new HttpError(404, 'NOT_FOUND', `There is no route ${request.method} ${request.path}.`);
};
