/** WebSockets of one server: each path has a server of sockets of its own. @module */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import type { Admission } from './admission.js';
import { describe } from './errors.js';

/** How often open sockets are looked at: one without events would outlive its token. */
export const RECHECK_MS = 5000;

/** Code that a socket is closed with, after HTTP's 429. */
export const TOO_MANY = 4429;

export interface Sockets {
  readonly sockets: WebSocketServer;
  close(): Promise<void>;
}

/** @returns how to close all sockets. */
export function acceptSockets(server: Server, kinds: readonly Sockets[]): () => Promise<void> {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { sockets } = kinds.find((kind) => kind.sockets.shouldHandle(request) === true) ?? kinds[0]!;
    // One that fits no path is refused by it.
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request));
  });
  return async () => {
    await Promise.all(kinds.map((kind) => kind.close()));
  };
}

/** Checks who is asked, and by which page, before a socket is opened. */
export function verifyHost(admission: Admission) {
  return ({ req: { headers } }: { req: IncomingMessage }, answer: (admitted: boolean, status: number, message?: string) => void) => {
    try {
      admission.checkHost(headers.host);
      admission.origins.check(headers);
      answer(true, 101);
    } catch (error) {
      const { status, message } = describe(error);
      answer(false, status, message);
    }
  };
}
