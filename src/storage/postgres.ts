/**
 * A PostgreSQL server, shared by any number of servers and workers.
 * @module
 */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { createClient, DatabaseUnreachableError, type Database, type DatabaseOptions } from './database.js';
import { migrate } from './migrations.js';

export async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  await migrateServer(url, options.migrationsDirectory);
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

async function migrateServer(url: string, directory: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } catch (error) {
    throw new DatabaseUnreachableError(`DATABASE_URL: ${(error as Error).message}`, { cause: error });
  }
  try {
    await migrate(
      {
        query: async <Row>(sql: string, parameters?: unknown[]) => (await client.query(sql, parameters)).rows as Row[],
        script: async (sql) => void (await client.query(sql)),
      },
      directory,
    );
  } finally {
    await client.end();
  }
}
