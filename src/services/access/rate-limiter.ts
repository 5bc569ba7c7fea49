/** Requests of each principal in a minute, counted in this process: behind several servers each allows as many. @module */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../../errors.js';
import { PUBLIC, type Principal } from '../token/principal.js';

export class RequestLimiter {
  private readonly limiter: RateLimiterMemory;

  constructor(private readonly perMinute: number) {
    this.limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  }

  /** Counts a request. @param address of a client; those without a token are counted by it. @throws DomainError TOO_MANY_REQUESTS */
  async count(principal: Principal, address = ''): Promise<void> {
    try {
      await this.limiter.consume(principal === PUBLIC ? `${PUBLIC.name} ${address}` : principal.name);
    } catch (reason) {
      if (!(reason instanceof RateLimiterRes)) throw reason;
      const retryAfter = Math.ceil(reason.msBeforeNext / 1000);
      const message = `This server allows ${this.perMinute} requests per minute for each token name. Try again in ${retryAfter} s.`;
      throw new DomainError('TOO_MANY_REQUESTS', message, undefined, { retryAfter });
    }
  }
}
