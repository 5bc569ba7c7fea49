import type { MiddlewareFn } from 'type-graphql';
import { UserError } from '../schema/errors/index.js';

/** What a client can act on is a member of the mutation's payload; everything else goes on as an error. */
export const userErrorsAsData: MiddlewareFn = async ({ info }, next) => {
  try {
    return await next();
  } catch (error) {
    if (error instanceof UserError && info.parentType.name === 'Mutation') return error;
    throw error;
  }
};
