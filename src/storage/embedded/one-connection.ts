/** A pool of the only connection that the embedded database has. @module */
import { EventEmitter } from 'node:events';
import pg from 'pg';

export class OneConnection extends pg.Pool {
  /** Emits the payload of each notification under the name of its channel. */
  readonly notifications = new EventEmitter();

  /** @param sockets folder of the socket. */
  constructor(sockets: string) {
    // What is idle stays.
    super({ host: sockets, user: 'postgres', database: 'postgres', max: 1, idleTimeoutMillis: 0 });
    this.on('connect', (client) => {
      client.on('notification', ({ channel, payload = '' }) => this.notifications.emit(channel, payload));
    });
    // pg-pool's own gives up the connection with every statement that fails.
    const query = async (...statement: Parameters<pg.PoolClient['query']>) => {
      const client = await this.connect();
      try {
        return await client.query(...statement);
      } finally {
        client.release();
      }
    };
    this.query = query as unknown as pg.Pool['query'];
  }
}
