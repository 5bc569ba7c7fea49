/**
 * A PostgreSQL server, shared by any number of servers and workers.
 * @module
 */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { createClient, DatabaseUnreachableError, type Database, type DatabaseOptions } from './database.js';
import { compareMigrations, migrate, type SqlSession } from './migrations.js';

export async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  if (options.migrates ?? true) await withSession(url, (session) => migrate(session, options.migrationsDirectory));
  const pool = new pg.Pool({ connectionString: url, max: options.poolSize });
  const prisma = createClient(new PrismaPg(pool, { onPoolError: options.onError }), options.onQuery);
  return {
    kind: 'server',
    prisma,
    queue: { connectionString: url, max: Math.max(2, Math.ceil(options.poolSize / 4)) },
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/**
 * Whether a worker of this version can work on a database: both are of one version.
 * @returns what it has to wait for; undefined: nothing. @throws DatabaseUnreachableError.
 */
export function compareVersions(url: string, version: string, migrationsDirectory: string): Promise<string | undefined> {
  return withSession(url, async (session) => {
    const difference = await compareMigrations(session, migrationsDirectory);
    if (difference) return difference;
    const [installation] = await session.query<{ version: string }>('SELECT "version" FROM "Installation"');
    if (!installation) return 'No server has started on the database yet.';
    return installation.version === version ? undefined : `The servers have version ${installation.version}.`;
  });
}

/** One connection. @throws DatabaseUnreachableError. */
async function withSession<Result>(url: string, use: (session: SqlSession) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } catch (error) {
    throw new DatabaseUnreachableError(`DATABASE_URL: ${(error as Error).message}`, { cause: error });
  }
  try {
    return await use({
      query: async <Row>(sql: string, parameters?: unknown[]) => (await client.query(sql, parameters)).rows as Row[],
      script: async (sql) => void (await client.query(sql)),
    });
  } finally {
    await client.end();
  }
}
