/** A database of a test's own: embedded in a temporary folder or, where GAUNTLET_TEST_DATABASE_URL names a server, a new one on it. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { until } from './client.js';

const SERVER = process.env.GAUNTLET_TEST_DATABASE_URL;

export interface TestDatabase {
  /** Undefined: embedded. */
  readonly url: string | undefined;
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  if (!SERVER) return { url: undefined, drop: async () => {} };
  const name = `gauntlet_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  // Far from UTC: times must not depend on where the server stands.
  await onServer(`ALTER DATABASE ${name} SET timezone TO 'Pacific/Auckland'`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => drop(name) };
}

/** A pool's `end` does not wait for its sockets, and a connection that is cut while it closes would end the test's process. */
async function drop(name: string): Promise<void> {
  const connections = `SELECT FROM pg_stat_activity WHERE datname = '${name}'`;
  await until(async () => (await onServer(connections)).rowCount === 0, `the end of connections to ${name}`, 10_000).catch(() => undefined);
  await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

async function onServer(sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
