/** Tokens and sessions that do not count, by the address that they come from, in this process. @module */
import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { DomainError, hasCode } from '../../errors.js';

const WINDOW_SECONDS = 60;
/** Secrets that counted a while ago: they are looked up also where others from the same address, as that of a proxy, are not. */
const KNOWN = { max: 10_000, ttl: 600_000 };

export class FailedTokens {
  private readonly limiter: RateLimiterMemory;
  /** By their hash. */
  private readonly known = new LRUCache<string, true>(KNOWN);

  constructor(private readonly perMinute: number) {
    this.limiter = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS });
  }

  /**
   * Looks a secret up, unless too many from the address have failed.
   * @throws DomainError TOO_MANY_REQUESTS; what `authenticate` throws.
   */
  async check<Result>(secret: string, address: string, authenticate: () => Promise<Result>): Promise<Result> {
    const hash = createHash('sha256').update(secret).digest('base64');
    if (!this.known.has(hash)) await this.refuseMany(networkOf(address));
    try {
      const result = await authenticate();
      this.known.set(hash, true);
      return result;
    } catch (error) {
      if (hasCode(error, 'UNAUTHENTICATED')) {
        this.known.delete(hash);
        await this.limiter.penalty(networkOf(address));
      }
      throw error;
    }
  }

  private async refuseMany(network: string): Promise<void> {
    const failed = await this.limiter.get(network);
    if (!failed || failed.consumedPoints < this.perMinute) return;
    const retryAfter = Math.ceil(failed.msBeforeNext / 1000);
    throw new DomainError(
      'TOO_MANY_REQUESTS',
      `This server looks at ${this.perMinute} unknown tokens per minute from each address. Try again in ${retryAfter} s with a token that it knows.`,
      undefined,
      { retryAfter },
    );
  }
}

/** Of IPv6, whoever has one address has 2^64. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}
