/** Errors as JSON: what is wrong, and nothing about the inside of the server. @module */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { UploadError, type UploadErrorCode } from '../services/uploads.js';

export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const UPLOAD_STATUS: Readonly<Record<UploadErrorCode, number>> = { NOT_FOUND: 404, CONFLICT: 409, TOO_LARGE: 413, INVALID: 400 };

function describe(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof UploadError) return new HttpError(UPLOAD_STATUS[error.code], error.code, error.message);
  // Express and its body parser mark what is the client's fault with a status.
  const { status, message } = error as { status?: unknown; message?: string };
  if (typeof status === 'number' && status >= 400 && status < 500) return new HttpError(status, 'BAD_REQUEST', message ?? 'Bad request.');
  return new HttpError(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong in the server.');
}

export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    const { status, code, message } = describe(error);
    if (status === 500) log.error({ err: error, method: request.method, path: request.path }, 'request failed');
    if (response.headersSent) return next(error);
    response.status(status).json({ error: { code, message } });
  };
}

export const notFound: RequestHandler = (request) => {
  throw new HttpError(404, 'NOT_FOUND', `There is nothing at ${request.method} ${request.path}.`);
};
