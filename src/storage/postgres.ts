/**
 * A PostgreSQL server, shared by any number of servers and workers.
 * @module
 */
import { setTimeout } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { createClient, DatabaseUnreachableError, poolStatistics, type Database, type DatabaseOptions } from './database.js';
import { isStoreTrouble } from './errors.js';
import { compareMigrations, migrate, type SqlSession } from './migrations.js';

export async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  if (options.migrates ?? true) await withSession(url, (session) => migrate(session, options.migrationsDirectory), options);
  // Compiling a query of statistics takes longer than running it: 0.4 of the 0.6 s of a leaderboard of 1,000 models. The pool waits for what `onConnect` returns.
  const onConnect = (client: pg.ClientBase): Promise<unknown> => client.query('SET jit = off').catch(() => undefined);
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the types of pg say void, and pg-pool waits
  const pool = new pg.Pool({ connectionString: url, max: options.poolSize, onConnect });
  const prisma = createClient(new PrismaPg(pool, { onPoolError: options.onError }), options.onQuery);
  return {
    kind: 'server',
    prisma,
    pool: () => poolStatistics(pool),
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
export function compareVersions(
  url: string,
  version: string,
  { migrationsDirectory, ...wait }: Pick<DatabaseOptions, 'migrationsDirectory'> & Wait,
): Promise<string | undefined> {
  const compare = async (session: SqlSession) => {
    const difference = await compareMigrations(session, migrationsDirectory);
    if (difference) return difference;
    const [installation] = await session.query<{ version: string }>('SELECT "version" FROM "Installation"');
    if (!installation) return 'No server has started on the database yet.';
    return installation.version === version ? undefined : `The servers have version ${installation.version}.`;
  };
  return withSession(url, compare, wait);
}

type Wait = Pick<DatabaseOptions, 'waitSeconds' | 'onWait'>;

const RETRY_MS = 1000;
/** A server that takes a connection and says nothing. */
const CONNECT_TIMEOUT_MS = 10_000;

/** One connection. @throws DatabaseUnreachableError. */
async function withSession<Result>(url: string, use: (session: SqlSession) => Promise<Result>, wait: Wait): Promise<Result> {
  const client = await connect(url, wait);
  try {
    return await use({
      query: async <Row>(sql: string, parameters?: unknown[]) => (await client.query(sql, parameters)).rows as Row[],
      script: async (sql) => void (await client.query(sql)),
    });
  } finally {
    await client.end();
  }
}

/** A server that starts beside this one is there in a moment; a password that is wrong stays wrong. */
async function connect(url: string, { waitSeconds = 0, onWait }: Wait): Promise<pg.Client> {
  const deadline = Date.now() + waitSeconds * 1000;
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    try {
      await client.connect();
      return client;
    } catch (error) {
      const { message } = error as Error;
      if (!mayPass(error) || Date.now() >= deadline) throw new DatabaseUnreachableError(`DATABASE_URL: ${message}`, { cause: error });
      if (tries === 0) onWait?.(message);
      await setTimeout(RETRY_MS);
    }
  }
}

/** A socket that is not there may be that of a server on this machine. */
function mayPass(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return isStoreTrouble(error) || code === 'ENOENT' || /timeout expired/.test(message);
}
