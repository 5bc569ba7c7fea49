/** Errors as JSON: what is wrong, and nothing about the inside of the server. @module */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { ForbiddenError, LimitExceededError } from '../schema/errors/index.js';
import { TooManyRequestsError } from '../services/access/rate-limiter.js';
import { Refused } from '../services/refused.js';
import { UnauthenticatedError } from '../services/token/tokens.js';
import { UploadError, type UploadErrorCode } from '../services/upload/uploads.js';

export const GRAPHQL_PATH = '/graphql';

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

const UPLOAD_STATUS: Readonly<Record<UploadErrorCode, number>> = { NOT_FOUND: 404, CONFLICT: 409, TOO_LARGE: 413, INVALID: 400 };

/** For answers that are streamed: a client that goes away is no error. */
export function unlessClientLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}

/** Any error as an answer. */
export function describe(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof UnauthenticatedError) return new HttpError(401, 'UNAUTHENTICATED', error.message, { 'WWW-Authenticate': 'Bearer' });
  if (error instanceof TooManyRequestsError)
    return new HttpError(429, 'TOO_MANY_REQUESTS', error.message, { 'Retry-After': String(error.retryAfter) });
  if (error instanceof Refused && error.reason instanceof ForbiddenError) return new HttpError(403, 'FORBIDDEN', error.message);
  if (error instanceof Refused && error.reason instanceof LimitExceededError) return new HttpError(413, 'LIMIT_EXCEEDED', error.message);
  if (error instanceof UploadError) return new HttpError(UPLOAD_STATUS[error.code], error.code, error.message);
  // Express and its body parser mark what is the client's fault with a status.
  const { status, message } = error as { status?: unknown; message?: string };
  if (typeof status === 'number' && status >= 400 && status < 500) return new HttpError(status, 'BAD_REQUEST', message ?? 'Bad request.');
  return new HttpError(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong in the server.');
}

export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    const { status, code, message, headers } = describe(error);
    if (status === 500) log.error({ err: error, method: request.method, path: request.path }, 'request failed');
    if (response.headersSent) return next(error);
    // Clients of GraphQL look for errors in its own form.
    const body = request.path === GRAPHQL_PATH ? { errors: [{ message, extensions: { code } }] } : { error: { code, message } };
    response.status(status).set(headers).json(body);
  };
}

export const notFound: RequestHandler = (request) => {
  throw new HttpError(404, 'NOT_FOUND', `There is nothing at ${request.method} ${request.path}.`);
};
