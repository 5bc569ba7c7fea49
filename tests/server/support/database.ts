/** A database of a test's own: embedded in a temporary folder or, where GAUNTLET_TEST_DATABASE_URL names a server, a new one on it. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { loadConfig } from '../../../src/config.js';
import { JobQueue } from '../../../src/jobs/queue.js';
import { openDatabase } from '../../../src/storage/open-database.js';
import type { Database } from '../../../src/storage/database.js';
import { until } from './client.js';

const SERVER = process.env.GAUNTLET_TEST_DATABASE_URL;
/** Set by tests/global-setup.ts. */
const TEMPLATES = process.env.GAUNTLET_TEST_TEMPLATES;

export interface TestDatabase {
  /** Undefined: embedded. */
  readonly url: string | undefined;
  drop(): Promise<void>;
}

/** @param directory of the server's data; an embedded database without one starts empty. */
export async function createTestDatabase(directory?: string): Promise<TestDatabase> {
  if (!SERVER) {
    if (directory && TEMPLATES) await cp(await migratedDatabase(TEMPLATES), join(directory, 'database'), { recursive: true });
    return { url: undefined, drop: async () => {} };
  }
  const name = `gauntlet_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  // Far from UTC: times must not depend on where the server stands.
  await onServer(`ALTER DATABASE ${name} SET timezone TO 'Pacific/Auckland'`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => dropFromServer(name) };
}

/** Folder of an embedded database with all tables. Making it takes seconds, a copy a fraction: the first test of a run that needs it makes it, others wait. */
async function migratedDatabase(templates: string): Promise<string> {
  const migrated = join(templates, 'migrated');
  if (existsSync(migrated)) return migrated;
  const directory = join(templates, 'new');
  try {
    await mkdir(directory);
  } catch {
    await until(() => Promise.resolve(existsSync(migrated)), 'another test to make the database', 120_000);
    return migrated;
  }
  const database = await openTestDatabase(undefined, directory);
  const queue = new JobQueue(database, { heartbeatSeconds: 60, onError: () => undefined });
  await queue.start();
  await queue.stop(0);
  await database.close();
  await rename(join(directory, 'database'), migrated);
  return migrated;
}

/** The database itself, as a server with this data directory opens it. */
function openTestDatabase(url: string | undefined, dataDirectory: string): Promise<Database> {
  const { cacheDirectory, migrationsDirectory, database } = loadConfig({});
  return openDatabase(url, { dataDirectory, cacheDirectory, migrationsDirectory, poolSize: database.poolSize });
}

/** One that is open, without a server, in a folder of its own. */
export async function databaseInFolder(): Promise<{ directory: string; database: Database; close(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-database-'));
  const { url, drop } = await createTestDatabase(directory);
  const database = await openTestDatabase(url, directory);
  return {
    directory,
    database,
    async close() {
      await database.close();
      await drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A pool's `end` does not wait for its sockets, and a connection that is cut while it closes would end the test's process. */
async function dropFromServer(name: string): Promise<void> {
  const connections = `SELECT FROM pg_stat_activity WHERE datname = '${name}'`;
  await until(async () => (await onServer(connections)).rowCount === 0, `the end of connections to ${name}`, 60_000).catch(() => undefined);
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
