import type { UserError } from '../schema/errors/index.js';

/** Thrown by services for what a client can act on. It carries the answer, which is no Error itself: GraphQL would throw one that it is given as data. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly reason: UserError,
    options?: ErrorOptions,
  ) {
    super(reason.message, options);
  }
}
