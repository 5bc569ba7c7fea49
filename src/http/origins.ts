/** Which web pages may use the server: its own, and those of GAUNTLET_CORS_ORIGINS. @module */
import type { IncomingHttpHeaders } from 'node:http';
import cors from 'cors';
import type { RequestHandler } from 'express';
import { HttpError } from './errors.js';

export interface OriginOptions {
  /** Origins such as `https://dashboard.example.org`, or `*`. */
  readonly allowed: readonly string[];
  /** Whether `X-Forwarded-Host` is believed. */
  readonly trustProxy: boolean;
}

export class Origins {
  constructor(private readonly options: OriginOptions) {}

  /** Whether the page is this server's own. Its scheme may be a proxy's. */
  isOwn(headers: IncomingHttpHeaders): boolean {
    const { origin } = headers;
    return origin !== undefined && URL.canParse(origin) && new URL(origin).host === this.host(headers);
  }

  /** Clients that are no browsers send no origin. @throws HttpError 403 for a page that may not use the server. */
  check(headers: IncomingHttpHeaders): void {
    if (headers.origin === undefined || this.isOwn(headers) || this.isAllowed(headers.origin)) return;
    throw new HttpError(
      403,
      'FORBIDDEN',
      `Pages of ${JSON.stringify(headers.origin.slice(0, 100))} may not use this server, whose host is ${JSON.stringify(this.host(headers).slice(0, 100))}. Add the origin to GAUNTLET_CORS_ORIGINS; behind a proxy that sets X-Forwarded-Host, set GAUNTLET_TRUST_PROXY=true.`,
    );
  }

  /** Browsers say the origin of each request that can change something. @throws HttpError 403 unless it is this server's own page. */
  checkOwn(headers: IncomingHttpHeaders): void {
    if (this.isOwn(headers)) return;
    throw new HttpError(
      403,
      'FORBIDDEN',
      'A session is for the pages of this server: the request lacks their Origin. Other clients send `Authorization: Bearer <token>`.',
    );
  }

  /** Answers preflights, and says to browsers which pages may read an answer. */
  readonly share: RequestHandler = cors((request, callback) => {
    const { origin } = request.headers;
    callback(null, {
      // A fixed list, not "*": the answer differs by origin, and caches are told so.
      origin: origin !== undefined && (this.isOwn(request.headers) || this.isAllowed(origin)) ? origin : [],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'upload-offset', 'apollo-require-preflight', 'if-none-match', 'range'],
      exposedHeaders: ['retry-after', 'upload-offset', 'content-disposition', 'etag'],
      maxAge: PREFLIGHT_SECONDS,
      optionsSuccessStatus: 204,
    });
  });

  /** Address of the client of a request: what the proxy says, as Express believes it. */
  clientOf(headers: IncomingHttpHeaders, address: string | undefined): string | undefined {
    const forwarded = this.options.trustProxy ? headers['x-forwarded-for'] : undefined;
    return forwarded === undefined ? address : String(forwarded).split(',').at(-1)!.trim();
  }

  private isAllowed(origin: string): boolean {
    return this.options.allowed.includes('*') || this.options.allowed.includes(origin);
  }

  private host(headers: IncomingHttpHeaders): string {
    const forwarded = this.options.trustProxy ? headers['x-forwarded-host'] : undefined;
    return String(forwarded ?? headers.host ?? '')
      .split(',')[0]!
      .trim();
  }
}

/** As long as browsers keep an answer to a preflight, at most. */
const PREFLIGHT_SECONDS = 7200;
