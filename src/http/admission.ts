/** Lets requests in, over HTTP as over WebSocket: who asks, how often, and for routes whether the role suffices. @module */
import type { RequestHandler, Response, Router } from 'express';
import { checkRole, leastRole } from '../services/access/access.js';
import type { Principal } from '../services/token/principal.js';
import type { RequestLimiter } from '../services/access/rate-limiter.js';
import type { TokenService } from '../services/token/tokens.js';
import { isLoopback } from '../config.js';
import { HttpError } from './errors.js';

export class Admission {
  constructor(
    private readonly tokens: TokenService,
    private readonly limiter: RequestLimiter,
    private readonly tokensRequired: boolean,
  ) {}

  /**
   * Without tokens, who reaches the server is its admin: also a web page whose name was made to lead here (DNS rebinding). It gives itself away by its name.
   * @param host the header of that name. @throws HttpError 403 where it is not this machine's.
   */
  checkHost(host = ''): void {
    const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1') : '';
    if (this.tokensRequired || isLoopback(name)) return;
    throw new HttpError(
      403,
      'FORBIDDEN',
      `A server with GAUNTLET_AUTH=none accepts requests to localhost, 127.0.0.1 and [::1] only, not to ${JSON.stringify(host.slice(0, 100))}. Use one of these, or GAUNTLET_AUTH=token.`,
    );
  }

  /** @param authorization as in the header of that name. @throws DomainError UNAUTHENTICATED */
  authenticate(authorization: unknown): Promise<Principal> {
    return this.tokens.authenticate(authorization);
  }

  /** The same for a request, which is counted. @throws DomainError UNAUTHENTICATED, TOO_MANY_REQUESTS */
  async admit(authorization: unknown): Promise<Principal> {
    const principal = await this.authenticate(authorization);
    await this.limiter.count(principal);
    return principal;
  }
}

/** Everything after it has a principal. */
export function admit(admission: Admission): RequestHandler {
  return async (request, response, next) => {
    admission.checkHost(request.get('host'));
    response.locals.principal = await admission.admit(request.get('authorization'));
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
