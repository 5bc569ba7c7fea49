/** `POST /session` signs a browser in with a token, `DELETE /session` out. The cookie authenticates what the dashboard loads, images included. @module */
import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie } from 'cookie';
import express, { Router, type CookieOptions, type Request, type Response } from 'express';
import { z } from 'zod';
import type { SessionService } from '../services/session/sessions.js';
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

export function sessionRoutes(sessions: SessionService, origins: Origins): Router {
  const router = Router();
  router.post('/session', express.json({ limit: '4kb' }), async (request, response) => {
    // Nobody is to be signed in, or out, by a page of somebody else.
    origins.checkOwn(request.headers);
    const body = Body.safeParse(request.body);
    if (!body.success) throw new HttpError(400, 'BAD_REQUEST', 'Send {"token": "gauntlet_…"} as JSON.');
    const { principal, secret, expiresAt } = await sessions.open(body.data.token);
    if (secret) response.cookie(COOKIE, secret, { ...cookieOptions(request), expires: expiresAt });
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
