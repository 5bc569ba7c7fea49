/** What can go wrong between a client and its server. @module */

/** No answer, an error of the server, or a job that did not succeed. */
export class GauntletError extends Error {
  constructor(
    /** Stable name, such as `UNAUTHENTICATED`, `UNREACHABLE`, `JOB_CANCELLED`. */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'GauntletError';
  }
}

/** The server understood a mutation and said no; the message says what to do. */
export class RefusedError extends GauntletError {
  constructor(
    /** GraphQL type of the error, such as `ValidationError`. */
    readonly type: string,
    message: string,
    /** Where in the input the fault lies. */
    readonly path: readonly string[],
  ) {
    super(type, path.length > 0 ? `${path.join('.')}: ${message}` : message);
    this.name = 'RefusedError';
  }
}
