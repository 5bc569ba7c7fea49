/** How pg-boss shares a pool of one connection. @module */
import type { ConstructorOptions } from 'pg-boss';
import type pg from 'pg';

const listen = (channel: string) => `LISTEN "${channel.replaceAll('"', '""')}"`;

/** @param pool of one connection. */
export function queueConnection(pool: pg.Pool): NonNullable<ConstructorOptions['db']> {
  const listeners = new Map<string, Set<(payload: string) => void>>();
  pool.on('connect', (client) => {
    client.on('notification', ({ channel, payload = '' }) => {
      for (const listener of listeners.get(channel) ?? []) listener(payload);
    });
    // Where the one before broke.
    for (const channel of listeners.keys()) void client.query(listen(channel));
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
      const own = listeners.get(channel) ?? new Set();
      listeners.set(channel, own.add(onNotification));
      await pool.query(listen(channel));
      onReconnect();
      return {
        close: () => {
          own.delete(onNotification);
          return Promise.resolve();
        },
      };
    },
  };
}
