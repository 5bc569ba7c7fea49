/** Lets requests in, over HTTP as over WebSocket: who asks, how often, and for routes whether the role suffices. @module */
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler, Response, Router } from 'express';
import { hasCode } from '../errors.js';
import { checkRole, leastRole } from '../services/access/access.js';
import { PUBLIC, type Principal } from '../services/token/principal.js';
import type { FailedTokens } from '../services/access/failed-tokens.js';
import type { RequestLimiter } from '../services/access/rate-limiter.js';
import type { SessionService } from '../services/session/sessions.js';
import type { SignedUrls } from '../services/access/signed-urls.js';
import { secretOf, type TokenService } from '../services/token/tokens.js';
import { isLoopback } from '../config.js';
import { HttpError } from './errors.js';
import type { Origins } from './origins.js';
import { forgetSession, sessionOf } from './session.js';

export interface AdmissionOptions {
  readonly tokens: TokenService;
  readonly sessions: SessionService;
  readonly signedUrls: SignedUrls;
  readonly limiter: RequestLimiter;
  readonly failedTokens: FailedTokens;
  readonly origins: Origins;
  readonly tokensRequired: boolean;
  /** Whether those without a token see what is public. */
  readonly publicRead: boolean;
}

/** What a client shows. */
export interface Credentials {
  /** As in the header of that name; it goes before a session. */
  readonly authorization?: unknown;
  /** Secret of a session, where the request is one that may use it. */
  readonly session?: string;
  /** Address of the client. */
  readonly address?: string;
}

export class Admission {
  constructor(private readonly options: AdmissionOptions) {}

  get origins(): Origins {
    return this.options.origins;
  }

  /**
   * Without tokens, who reaches the server is its admin: also a web page whose name was made to lead here (DNS rebinding). It gives itself away by its name.
   * @param host the header of that name. @throws HttpError 403 where it is not this machine's.
   */
  checkHost(host = ''): void {
    const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1') : '';
    if (this.options.tokensRequired || isLoopback(name)) return;
    throw new HttpError(
      403,
      'FORBIDDEN',
      `A server with GAUNTLET_AUTH=none accepts requests to localhost, 127.0.0.1 and [::1] only, not to ${JSON.stringify(host.slice(0, 100))}. Use one of these, or GAUNTLET_AUTH=token.`,
    );
  }

  /** @throws DomainError UNAUTHENTICATED, TOO_MANY_REQUESTS where too many from the address were that. */
  async authenticate({ authorization, session, address = '' }: Credentials): Promise<Principal> {
    const { tokens, sessions, failedTokens, tokensRequired, publicRead } = this.options;
    if (authorization === undefined && tokensRequired) {
      if (session !== undefined) return failedTokens.check(session, address, () => sessions.authenticate(session));
      if (publicRead) return PUBLIC;
    }
    const secret = secretOf(authorization);
    const authenticate = () => tokens.authenticate(authorization);
    return secret === undefined ? authenticate() : failedTokens.check(secret, address, authenticate);
  }

  /** The same for a request, which is counted. @throws DomainError UNAUTHENTICATED, TOO_MANY_REQUESTS */
  async admit(credentials: Credentials): Promise<Principal> {
    const principal = await this.authenticate(credentials);
    await this.options.limiter.count(principal, credentials.address);
    return principal;
  }

  /** A request to a signed address, which is counted as its signer's: who reads it, and what. @throws DomainError UNAUTHENTICATED, TOO_MANY_REQUESTS */
  async admitSigned(method: string, url: string, address: string | undefined) {
    const opened = READING.has(method) ? this.options.signedUrls.open(url) : undefined;
    if (opened) await this.options.limiter.count(opened.principal, address);
    return opened;
  }

  /** Credentials of a request. @throws HttpError 403 where a session's request could be another page's and could change something. */
  credentialsOf(method: string, headers: IncomingHttpHeaders, address: string | undefined): Credentials {
    const { authorization } = headers;
    const session = authorization === undefined && this.options.tokensRequired ? sessionOf(headers) : undefined;
    if (session !== undefined && !READING.has(method)) this.origins.checkOwn(headers);
    return { authorization, session, address };
  }
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Everything after it has a principal. */
export function admit(admission: Admission): RequestHandler {
  return async (request, response, next) => {
    admission.checkHost(request.get('host'));
    // Who asks decides what the answer is.
    response.vary('Authorization').vary('Cookie');
    const signed = await admission.admitSigned(request.method, request.url, request.ip);
    if (signed) {
      // What the routes see is the address that was signed.
      request.url = signed.url;
      response.locals.principal = signed.principal;
      return next();
    }
    const credentials = admission.credentialsOf(request.method, request.headers, request.ip);
    try {
      response.locals.principal = await admission.admit(credentials);
    } catch (error) {
      if (credentials.session !== undefined && hasCode(error, 'UNAUTHENTICATED')) forgetSession(request, response);
      throw error;
    }
    next();
  };
}

export const principalOf = (response: Response) => response.locals.principal as Principal;

/** Adds a route for those roles that the table of operations says. @param operation its entry there, such as `GET /artifacts/:id`. */
export function route<Params>(router: Router, operation: string, ...handlers: RequestHandler<Params>[]): void {
  leastRole(operation);
  const [method, path] = operation.split(' ') as [string, string];
  const allow: RequestHandler<Params> = (_request, response, next) => {
    checkRole(principalOf(response), operation);
    next();
  };
  router[method.toLowerCase() as 'get' | 'post' | 'put'](path, allow, ...handlers);
}
