/** Requests of each principal in a minute, counted in this process: behind several servers each allows as many. @module */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Principal } from '../token/principal.js';

export class TooManyRequestsError extends Error {
  override readonly name = 'TooManyRequestsError';

  constructor(
    perMinute: number,
    /** Whole seconds until the next request may succeed. */
    readonly retryAfter: number,
  ) {
    super(`This server answers ${perMinute} requests a minute for each token name. Try again in ${retryAfter} s.`);
  }
}

export class RequestLimiter {
  private readonly limiter: RateLimiterMemory;

  constructor(private readonly perMinute: number) {
    this.limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  }

  /** Counts a request. @throws TooManyRequestsError */
  async count({ name }: Principal): Promise<void> {
    try {
      await this.limiter.consume(name);
    } catch (reason) {
      if (!(reason instanceof RateLimiterRes)) throw reason;
      throw new TooManyRequestsError(this.perMinute, Math.ceil(reason.msBeforeNext / 1000));
    }
  }
}
