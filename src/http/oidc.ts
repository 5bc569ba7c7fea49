/**
 * `GET /session/oidc` leads a browser to the OpenID Connect provider, and the provider leads it back to `/session/oidc/callback`: authorization code with PKCE.
 * @module
 */
import { parseCookie } from 'cookie';
import { Router, type CookieOptions, type Request, type Response } from 'express';
import * as client from 'openid-client';
import { z } from 'zod';
import type { Logger } from 'pino';
import { DomainError } from '../errors.js';
import { isLoopback } from '../config.js';
import { principalOfClaims, type ClaimRules } from '../services/session/claims.js';
import type { SessionService } from '../services/session/sessions.js';
import { keepProblem, keepSession } from './session.js';

export interface OidcOptions extends ClaimRules {
  readonly issuer: URL;
  readonly clientId: string;
  /** Undefined: a public client. */
  readonly clientSecret: string | undefined;
  readonly scope: string;
}

const COOKIE = 'gauntlet_oidc';
const CALLBACK = '/session/oidc/callback';

/** What the browser keeps while it is at the provider: none of it is of use to anyone without the code. */
const Attempt = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), next: z.string() });

/** `Lax`: the way back comes from the provider's page. */
const cookieOptions = (request: Request): CookieOptions => ({
  httpOnly: true,
  sameSite: 'lax',
  secure: request.secure,
  path: '/session/oidc',
  maxAge: 600_000,
});

/** Only pages of this server. */
const destination = (next: unknown) => (typeof next === 'string' && /^\/(?!\/|\\)/.test(next) ? next : '/');

export function oidcRoutes(options: OidcOptions, sessions: SessionService, log: Logger): Router {
  const router = Router();
  let found: Promise<client.Configuration> | undefined;
  /** Read when it is first needed, and again where that failed: the provider need not be there when the server starts. */
  const provider = () =>
    (found ??= discover(options).catch((error: unknown) => {
      found = undefined;
      throw error;
    }));
  const addressOf = (request: Request) => `${request.protocol}://${request.host}${CALLBACK}`;

  router.get('/session/oidc', async (request, response) => {
    const attempt = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      next: destination(request.query['next']),
    };
    try {
      const url = client.buildAuthorizationUrl(await provider(), {
        redirect_uri: addressOf(request),
        scope: options.scope,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      });
      response.cookie(COOKIE, JSON.stringify(attempt), cookieOptions(request)).redirect(url.href);
    } catch (error) {
      log.warn({ err: error }, 'the provider that people sign in by');
      fail(request, response, 'The provider that people sign in by does not answer. Try again, or sign in with a token.', attempt.next);
    }
  });

  router.get(CALLBACK, async (request, response) => {
    const kept = parseCookie(request.headers.cookie ?? '')[COOKIE];
    const attempt = Attempt.safeParse(parsed(kept)).data;
    response.clearCookie(COOKIE, { ...cookieOptions(request), maxAge: undefined });
    if (!attempt) return fail(request, response, 'Signing in took too long, or was begun in another browser. Try again.', '/');
    try {
      const url = new URL(request.originalUrl, addressOf(request));
      const tokens = await client.authorizationCodeGrant(await provider(), url, {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.verifier,
        idTokenExpected: true,
      });
      const told = tokens.claims()!;
      const more = (await provider()).serverMetadata().userinfo_endpoint
        ? await client.fetchUserInfo(await provider(), tokens.access_token, told.sub)
        : {};
      const opened = await sessions.openFor(principalOfClaims({ ...more, ...told }, options));
      keepSession(request, response, opened);
      response.redirect(attempt.next);
    } catch (error) {
      const isOurs = error instanceof DomainError;
      if (!isOurs) log.warn({ err: error }, 'signing in by the provider');
      fail(request, response, isOurs ? error.message : 'The provider did not confirm who you are. Try again.', attempt.next);
    }
  });
  return router;
}

/** Back to the page for signing in, which says why. */
function fail(request: Request, response: Response, problem: string, next: string): void {
  keepProblem(request, response, problem);
  response.redirect(`/sign-in?${new URLSearchParams({ next }).toString()}`);
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

function discover({ issuer, clientId, clientSecret }: OidcOptions): Promise<client.Configuration> {
  return client.discovery(issuer, clientId, clientSecret, undefined, {
    // The configuration allows http to this machine only.
    execute: issuer.protocol === 'http:' && isLoopback(issuer.hostname) ? [client.allowInsecureRequests] : [],
  });
}
