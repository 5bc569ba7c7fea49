/**
 * Bounds what clients hold open: connections, the time of headers and bodies, and how slowly bytes may go either way. Node bounds the time of a whole request for
 * all routes alike, and an upload may take hours.
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { STATUS } from '../errors.js';

export interface ConnectionLimits {
  readonly maxConnections: number;
  /** Whether connections come from a proxy, which has one address for all clients. */
  readonly behindProxy: boolean;
  readonly headerSeconds: number;
  /** For the body of a request that is no upload. */
  readonly bodySeconds: number;
  /** For {@link SLOWEST_BYTES} of an upload, or of an answer that the client reads. */
  readonly stallSeconds: number;
}

const SLOWEST_BYTES = 1024;

/** After an answer that did not wait for the whole request, as a refused upload's: the client may see the answer before the connection closes. */
const LINGER_MS = 2000;

/** How often Node looks for headers that are overdue; its default is half a minute. */
export const CHECK_INTERVAL_MS = 2000;

export function limitConnections(server: Server, limits: ConnectionLimits, log: Logger): void {
  server.maxConnections = limits.maxConnections;
  server.headersTimeout = limits.headerSeconds * 1000;
  server.requestTimeout = 0;
  let dropped = 0;
  server.on('drop', () => {
    // Those that wait for nothing make room.
    server.closeIdleConnections();
    if (dropped++ === 0) {
      log.warn({ maxConnections: limits.maxConnections }, 'more connections than this server accepts; new ones are closed');
      setTimeout(() => (dropped = 0), 60_000).unref();
    }
  });
  if (!limits.behindProxy) limitAddresses(server, Math.ceil(limits.maxConnections / 2));
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    watchRequest(request, response, limits, (reason) => {
      // Paths name what is asked for, and queries may hold anything.
      const path = request.url?.split('?')[0];
      log.info({ address: request.socket.remoteAddress, method: request.method, path, reason }, 'connection closed');
      if (response.headersSent) return end(request);
      const error = { code: 'REQUEST_TIMEOUT', message: 'The request came too slowly. Send it again.' };
      const body = JSON.stringify({ error });
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
      response.writeHead(STATUS.REQUEST_TIMEOUT, headers).end(body);
    });
  });
}

/** Whoever holds connections open by the hundred from one address leaves room for others. */
function limitAddresses(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const now = (open.get(address) ?? 0) + 1;
    if (now > most) return void socket.destroy();
    open.set(address, now);
    socket.once('close', () => {
      const left = open.get(address)! - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}

/** Who reads the request is told, also after it was answered. */
function end(request: IncomingMessage): void {
  const { socket } = request;
  request.destroy(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' }));
  socket.destroy();
}

const isUpload = ({ method, url = '' }: IncomingMessage) => method === 'PUT' && url.startsWith('/uploads/');

function watchRequest(request: IncomingMessage, response: ServerResponse, limits: ConnectionLimits, cut: (reason: string) => void): void {
  const { socket } = request;
  const lookMs = (limits.stallSeconds * 1000) / 2;
  const timers = new Set<NodeJS.Timeout>();
  const stop = () => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  const later = (ms: number, act: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms).unref();
    timers.add(timer);
  };

  if (!isUpload(request)) later(limits.bodySeconds * 1000, () => !request.complete && cut('the body of the request is not complete'));

  // Bytes that the client has sent, and has taken from us, when it was last looked at.
  let received = socket.bytesRead;
  let taken = 0;
  // Twice in a row: a server that was busy has not read what is there.
  let stalled = 0;
  const look = () => {
    const nowReceived = socket.bytesRead;
    const nowTaken = socket.bytesWritten - socket.writableLength;
    const isStarved =
      isUpload(request) &&
      !request.complete &&
      !request.isPaused() &&
      request.readableLength === 0 &&
      nowReceived - received < SLOWEST_BYTES;
    const isStuck = response.headersSent && socket.writableLength > 0 && nowTaken - taken < SLOWEST_BYTES;
    [received, taken] = [nowReceived, nowTaken];
    stalled = isStarved || isStuck ? stalled + 1 : 0;
    if (stalled >= 2) return cut(isStuck ? 'the client reads the answer too slowly' : 'the upload is too slow');
    later(lookMs, look);
  };
  later(lookMs, look);

  response.once('finish', () => {
    if (request.complete) return;
    // What is refused may not go on dripping.
    stop();
    later(LINGER_MS, () => !request.complete && end(request));
    request.once('end', stop);
  });
  response.once('close', () => {
    if (request.complete || (socket.destroyed && !response.writableFinished)) stop();
  });
}
