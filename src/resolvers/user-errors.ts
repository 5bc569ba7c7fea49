import type { MiddlewareFn } from 'type-graphql';
import { Refused } from '../services/refused.js';
import { badInput } from './pagination.js';

/** What a client can act on is a member of the mutation's payload, or a query's error of code BAD_USER_INPUT; everything else goes on as an error. */
export const userErrorsAsData: MiddlewareFn = async ({ info }, next) => {
  try {
    return await next();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (info.parentType.name === 'Mutation') return error.reason;
    throw badInput(error.message);
  }
};
