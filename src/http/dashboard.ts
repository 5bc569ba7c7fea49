/** The dashboard of web/, as built: its pages, and its scripts and styles, which never change under their names. @module */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Router, type RequestHandler } from 'express';
import sirv from 'sirv';
import { GRAPHQL_PATH, HttpError } from './errors.js';

/** First parts of the paths that are pages. A path that is none of them keeps its typed 404. */
const PAGES = [
  'admin',
  'benchmarks',
  'compare',
  'datasets',
  'evaluations',
  'jobs',
  'leaderboard',
  'models',
  'new-evaluation',
  'new-study',
  'new-training',
  'new-transfer',
  'sign-in',
  'studies',
  'submit',
  'training',
  'transfer',
  'upload-dataset',
];

/** `/evaluations` and `/evaluations/ID`; what has a dot, or more parts, is a file of the API. */
const PAGE = new RegExp(`^/(?:(?:${PAGES.join('|')})(?:/[\\w-]+)?/?)?$`);

/** Nothing comes from elsewhere, nothing is sent elsewhere, and no other page may show this one. */
const policy = (styles: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' ${styles}`,
    // Positions and sizes that a library computes.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

/** @param directory with `index.html`, `explorer.html` and `assets`. */
export function dashboardRoutes(directory: string): Router {
  const router = Router();
  router.get(GRAPHQL_PATH, (request, response, next) => {
    // A person's browser; clients ask for JSON, or for anything.
    const isPerson = request.accepts(['json', 'html']) === 'html' && request.query['query'] === undefined;
    if (isPerson) response.set('Vary', 'Accept').redirect('/explorer');
    else next();
  });
  router.use(
    '/assets',
    sirv(join(directory, 'assets'), { dev: false, etag: true, gzip: true, immutable: true, maxAge: 31_536_000, dotfiles: false }),
  );
  router.get(PAGE, page(join(directory, 'index.html')));
  // The editor of GraphiQL adds style elements of its own, without a nonce.
  router.get('/explorer', page(join(directory, 'explorer.html'), "'unsafe-inline'"));
  return router;
}

/** Each answer has its own nonce for style elements, unless all are allowed. */
function page(file: string, styles?: string): RequestHandler {
  return async (_request, response) => {
    const html = await readFile(file, 'utf8').catch(() => {
      throw new HttpError(503, 'DASHBOARD_MISSING', 'The dashboard has not been built. Run `npm run build`, and start the server again.');
    });
    const nonce = randomBytes(16).toString('base64');
    response
      .set({ 'Content-Security-Policy': policy(styles ?? `'nonce-${nonce}'`), 'Cache-Control': 'no-store', 'X-Frame-Options': 'DENY' })
      .type('html')
      .send(html.replaceAll('NONCE_OF_THIS_ANSWER', nonce));
  };
}
