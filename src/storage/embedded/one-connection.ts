/** A pool of the only connection that the embedded database has. @module */
import pg from 'pg';

export class OneConnection extends pg.Pool {
  /** @param sockets folder of the socket. */
  constructor(sockets: string) {
    // What is idle stays.
    super({ host: sockets, user: 'postgres', database: 'postgres', max: 1, idleTimeoutMillis: 0 });
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
