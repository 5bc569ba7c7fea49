/** How pg-boss shares a pool of one connection. @module */
import type { ConstructorOptions } from 'pg-boss';
import type pg from 'pg';
import type { OneConnection } from './one-connection.js';

const listen = (channel: string) => `LISTEN "${channel.replaceAll('"', '""')}"`;

export function queueConnection(pool: OneConnection): NonNullable<ConstructorOptions['db']> {
  const channels = new Set<string>();
  // Where the connection before broke.
  pool.on('connect', (client) => {
    for (const channel of channels) void client.query(listen(channel));
  });
  return {
    async executeSql(text, values) {
      const client = await pool.connect();
      try {
        // Without values there may be several statements, each with a result.
        const result = (await client.query(text, values?.length ? values : undefined)) as pg.QueryResult | pg.QueryResult[];
        return { rows: Array.isArray(result) ? result.flatMap(({ rows }) => rows as unknown[]) : result.rows };
      } catch (error) {
        // What failed may have begun a transaction, and everybody else uses this connection.
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    },

    async listen(channel, onNotification, onReconnect) {
      channels.add(channel);
      pool.notifications.on(channel, onNotification);
      await pool.query(listen(channel));
      onReconnect();
      return {
        close: () => {
          pool.notifications.off(channel, onNotification);
          return Promise.resolve();
        },
      };
    },
  };
}
