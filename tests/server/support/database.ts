/** A database of a test's own: embedded in a temporary folder or, where GAUNTLET_TEST_DATABASE_URL names a server, a new one on it. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';

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
  return { url: url.href, drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
