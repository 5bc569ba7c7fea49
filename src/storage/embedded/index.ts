/**
 * The embedded database: PostgreSQL in WebAssembly, in the data directory, on a thread of its own behind a Unix socket that this user alone can open.
 * One process at a time, one connection, which Prisma and the queue share; from there on everything is as on a server.
 * @module
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PrismaPg } from '@prisma/adapter-pg';
import { createClient, poolStatistics, type Database, type DatabaseOptions } from '../database.js';
import { lockDirectory } from '../lock.js';
import { migrate } from '../migrations.js';
import { OneConnection } from './one-connection.js';
import { queueConnection } from './queue-connection.js';
import type { ThreadData } from './thread.js';

/** Of JavaScript's heap in the thread of the database: what that keeps is in WebAssembly's memory, and files. */
const YOUNG_MB = 12;

export async function openEmbedded(options: DatabaseOptions): Promise<Database> {
  const directory = join(options.dataDirectory, 'database');
  await mkdir(options.dataDirectory, { recursive: true });
  const lock = await lockDirectory(options.dataDirectory);
  try {
    const { sockets, close: closeThread } = await startThread(directory, options.cacheDirectory);
    const pool = new OneConnection(sockets);
    pool.on('error', (error) => options.onError?.(error));
    await migrate(
      {
        query: async <Row>(sql: string, parameters?: unknown[]) => (await pool.query(sql, parameters)).rows as Row[],
        script: async (sql) => void (await pool.query(sql)),
      },
      options.migrationsDirectory,
    );
    const prisma = createClient(new PrismaPg(pool), options.onQuery);
    return {
      kind: 'embedded',
      prisma,
      pool: () => poolStatistics(pool),
      queue: { db: queueConnection(pool), backend: 'pglite' },
      async close() {
        await prisma.$disconnect();
        await pool.end();
        await closeThread();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** @returns the folder of the socket, as clients of PostgreSQL are told of it. */
async function startThread(directory: string, cacheDirectory: string) {
  // mkdtemp makes it for this user alone. Paths of sockets have a hundred characters at most, which a data directory may have by itself.
  const sockets = await mkdtemp(join(tmpdir(), 'gauntlet-db-'));
  const workerData: ThreadData = { directory, cacheDirectory, path: join(sockets, '.s.PGSQL.5432') };
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData, resourceLimits });
  // An error is thrown here, and one that comes later ends the process, as one of this thread would.
  await once(worker, 'message');
  return {
    sockets,
    async close() {
      const exited = once(worker, 'exit');
      worker.postMessage('close');
      await exited;
      await rm(sockets, { recursive: true, force: true });
    },
  };
}
