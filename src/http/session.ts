/** `POST /session` signs a browser in with a token, `DELETE /session` out. The cookie authenticates what the dashboard loads, images included. @module */
import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie } from 'cookie';
import express, { Router, type CookieOptions, type Request, type Response } from 'express';
import { z } from 'zod';
import type { OpenedSession, SessionService } from '../services/session/sessions.js';
import type { FailedTokens } from '../services/access/failed-tokens.js';
import { HttpError } from './errors.js';
import type { Origins } from './origins.js';

const COOKIE = 'gauntlet_session';

const Body = z.object({ token: z.string().trim().min(1).max(200) });

/** The session's secret of a request's cookie. */
export const sessionOf = ({ cookie }: IncomingHttpHeaders): string | undefined => (cookie ? parseCookie(cookie)[COOKIE] : undefined);

/** Browsers send it with requests of the dashboard's own pages only, and show it to no script. */
const cookieOptions = (request: Request): CookieOptions => ({ httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/' });

/** Tells the browser to forget a session that has ended. */
export const forgetSession = (request: Request, response: Response) => response.clearCookie(COOKIE, cookieOptions(request));

/** Has the browser keep a session. */
export function keepSession(request: Request, response: Response, { secret, expiresAt }: OpenedSession): void {
  if (secret) response.cookie(COOKIE, secret, { ...cookieOptions(request), expires: expiresAt });
}

/** Why signing in elsewhere has failed, for the page that the browser is led to. Not in its address: anyone could write there. */
const PROBLEM = 'gauntlet_problem';
const problemOptions = (request: Request): CookieOptions => ({ ...cookieOptions(request), sameSite: 'lax', path: '/session' });

export const keepProblem = (request: Request, response: Response, problem: string) =>
  response.cookie(PROBLEM, problem, { ...problemOptions(request), maxAge: 60_000 });

export function sessionRoutes(sessions: SessionService, failedTokens: FailedTokens, origins: Origins, hasOidc: boolean): Router {
  const router = Router();
  router.get('/session', (request, response) => {
    const problem = parseCookie(request.headers.cookie ?? '')[PROBLEM];
    if (problem !== undefined) response.clearCookie(PROBLEM, problemOptions(request));
    response.set('Cache-Control', 'no-store').json({ ways: hasOidc ? ['token', 'oidc'] : ['token'], problem });
  });
  router.post('/session', express.json({ limit: '4kb' }), async (request, response) => {
    // Nobody is to be signed in, or out, by a page of somebody else.
    origins.checkOwn(request.headers);
    const body = Body.safeParse(request.body);
    if (!body.success) throw new HttpError(400, 'BAD_REQUEST', 'Send {"token": "gauntlet_…"} as JSON.');
    const { token } = body.data;
    const opened = await failedTokens.check(token, request.ip ?? '', () => sessions.open(token));
    keepSession(request, response, opened);
    const { principal, expiresAt } = opened;
    response.set('Cache-Control', 'no-store').json({ name: principal.name, role: principal.role, expiresAt });
  });
  router.delete('/session', async (request, response) => {
    origins.checkOwn(request.headers);
    const secret = sessionOf(request.headers);
    if (secret) await sessions.close(secret);
    forgetSession(request, response);
    response.status(204).end();
  });
  return router;
}
