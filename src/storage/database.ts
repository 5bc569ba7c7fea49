/**
 * The database behind one door, embedded or on a server: a Prisma client for our tables and a connection for the queue's.
 * @module
 */
import type { Pool } from 'pg';
import type { ConstructorOptions } from 'pg-boss';
import { PrismaClient, type Prisma } from './generated/client.js';

export interface DatabaseOptions {
  readonly dataDirectory: string;
  readonly cacheDirectory: string;
  readonly migrationsDirectory: string;
  /** Whether to bring the database up to date; else it has to be. Default: true. */
  readonly migrates?: boolean;
  /** Connections to a PostgreSQL server. */
  readonly poolSize: number;
  /** Called with every SQL statement that Prisma sends. */
  readonly onQuery?: (sql: string) => void;
  /** How long to wait for a PostgreSQL server that does not accept connections yet. Default: 0. */
  readonly waitSeconds?: number;
  /** Called once where it has to be waited for. */
  readonly onWait?: (reason: string) => void;
  /** Called when an idle connection breaks. */
  readonly onError?: (error: Error) => void;
}

export interface Database {
  readonly kind: 'embedded' | 'server';
  readonly prisma: DatabaseClient;
  /** How pg-boss reaches the same database. */
  readonly queue: Pick<ConstructorOptions, 'db' | 'backend' | 'connectionString' | 'max'>;
  /** Connections, and who waits for one. */
  pool(): PoolStatistics;
  close(): Promise<void>;
}

export interface PoolStatistics {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** @param pool of pg. */
export const poolStatistics = ({
  totalCount: total,
  idleCount: idle,
  waitingCount: waiting,
}: Pick<Pool, 'totalCount' | 'idleCount' | 'waitingCount'>): PoolStatistics => ({ total, idle, waiting });

/** The server that DATABASE_URL names does not let us in. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError';
}

export type DatabaseClient = ReturnType<typeof createClient>;

/** What runs inside a transaction, or outside of one. */
export type Transaction = Parameters<Parameters<DatabaseClient['$transaction']>[0]>[0];

export function createClient(adapter: NonNullable<Prisma.PrismaClientOptions['adapter']>, onQuery?: (sql: string) => void) {
  const client = new PrismaClient({
    adapter,
    log: [{ emit: 'event', level: 'query' }],
    // The embedded database has one connection, so a transaction may wait for others.
    transactionOptions: { maxWait: 30_000, timeout: 60_000 },
    // Hundreds of kilobytes that only a query for single examples needs, and bits that the database counts itself.
    omit: {
      certification: { certificates: true },
      evaluation: { outcomes: true, cleanRight: true, adversarialRight: true },
      transferResult: { outcomes: true, adversarialRight: true },
    },
  });
  if (onQuery) client.$on('query', ({ query }) => onQuery(query));
  return client;
}
