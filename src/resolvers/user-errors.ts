import type { MiddlewareFn } from 'type-graphql';
import { Refused } from '../services/refused.js';

/** What a client can act on is a member of the mutation's payload; everything else goes on as an error. */
export const userErrorsAsData: MiddlewareFn = async ({ info }, next) => {
  try {
    return await next();
  } catch (error) {
    if (error instanceof Refused && info.parentType.name === 'Mutation') return error.reason;
    throw error;
  }
};
