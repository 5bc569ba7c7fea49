/** Gives each request an id, which its answer, the log and the jobs that it starts have, logs it in one line, and traces it. @module */
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { inRequest, newRequest } from '../request-context.js';
import { tracedRequest } from '../tracing.js';

export function followRequests(log: Logger): RequestHandler {
  return (request, response, next) => {
    const context = newRequest(request.get('x-request-id'));
    response.set('X-Request-Id', context.requestId);
    const began = performance.now();
    // Without its query, which may hold a secret. Routers shorten it while they have the request.
    const { method, path } = request;
    const attributes = { 'http.request.method': method, 'url.path': path, 'gauntlet.request_id': context.requestId };
    tracedRequest(method, { attributes, traceparent: request.get('traceparent') ?? null }, (span) =>
      inRequest(context, () => {
        response.once('close', () => {
          const milliseconds = Math.round(performance.now() - began);
          const status = response.statusCode;
          log.debug({ ...context, method, path, status, milliseconds }, 'request');
          span.setAttribute('http.response.status_code', status).end();
        });
        next();
      }),
    );
  };
}
