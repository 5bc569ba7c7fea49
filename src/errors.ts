/** The one error for what whoever asked can act on, with the HTTP status of each code. Its GraphQL types are in `schema/errors/table.ts`. @module */

export const STATUS = {
  VALIDATION: 400,
  NOT_FOUND: 404,
  FORBIDDEN: 403,
  NAME_TAKEN: 409,
  INVALID_MODEL: 422,
  UNSUPPORTED_MODEL: 422,
  INVALID_DATASET: 422,
  JOB_FINISHED: 409,
  LIMIT_EXCEEDED: 413,
  MODEL_DATASET_MISMATCH: 422,
  MODEL_NOT_READY: 409,
  DATASET_NOT_READY: 409,
  QUEUE_FULL: 503,
  IN_USE: 409,

  // Of HTTP alone.
  /** No token, or one that does not count (any more). */
  UNAUTHENTICATED: 401,
  TOO_MANY_REQUESTS: 429,
  /** A part of an upload that does not follow on what is here. */
  CONFLICT: 409,
  /** An upload of more bytes than are allowed. */
  TOO_LARGE: 413,
  /** An upload other than it was declared. */
  INVALID: 400,
  /** An artifact whose bytes are no longer in the store. */
  ARTIFACT_LOST: 410,
  /** The artifact store does not answer. */
  STORE_UNAVAILABLE: 503,
  /** The database does not answer, or the server is short of files, memory or connections. */
  UNAVAILABLE: 503,
  /** The disk of the server, its database or its store is full. */
  INSUFFICIENT_STORAGE: 507,
  /** A request whose bytes come too slowly. */
  REQUEST_TIMEOUT: 408,
} as const;

export type ErrorCode = keyof typeof STATUS;

export interface DomainErrorOptions extends ErrorOptions {
  /** Whole seconds until the next try may succeed. */
  readonly retryAfter?: number;
}

/** Thrown for what a client can act on. Any other error is a bug. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly retryAfter?: number;

  /** @param path where in the client's input: field names and list positions from the outside in. */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly path?: readonly string[],
    { retryAfter, ...options }: DomainErrorOptions = {},
  ) {
    super(message, options);
    this.retryAfter = retryAfter;
  }

  get status(): number {
    return STATUS[this.code];
  }
}

/** Whether an error is a {@link DomainError} of one of these codes. */
export const hasCode = (error: unknown, ...codes: readonly ErrorCode[]): error is DomainError =>
  error instanceof DomainError && codes.includes(error.code);
