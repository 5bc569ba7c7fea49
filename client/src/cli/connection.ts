/** What every command needs: a server, and how to print. @module */
import type { Command } from 'commander';
import WebSocket from 'ws';
import { Gauntlet } from '../gauntlet.js';

export interface Connection {
  readonly gauntlet: Gauntlet;
  /** Print JSON instead of tables. */
  readonly json: boolean;
  /** Address of the server, without a slash at its end. */
  readonly url: string;
}

/** Runs a command's work on a connection of its own. */
export async function withServer<T>(command: Command, work: (connection: Connection) => Promise<T>): Promise<T> {
  const { url, token, json } = command.optsWithGlobals<{ url: string; token?: string; json?: boolean }>();
  const gauntlet = new Gauntlet({ url, token, webSocket: WebSocket });
  try {
    return await work({ gauntlet, json: json ?? false, url: url.replace(/\/+$/, '').replace(/\/graphql$/, '') });
  } finally {
    await gauntlet.close();
  }
}
