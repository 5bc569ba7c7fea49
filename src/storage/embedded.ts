/**
 * PostgreSQL inside this process (PGlite), in the data directory. One process at a time, one connection.
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { fromPglite } from 'pg-boss';
import { createClient, type Database, type DatabaseOptions } from './database.js';
import { lockDirectory } from './lock.js';
import { migrate } from './migrations.js';

export async function openEmbedded(options: DatabaseOptions): Promise<Database> {
  const directory = join(options.dataDirectory, 'database');
  await mkdir(directory, { recursive: true });
  const lock = await lockDirectory(options.dataDirectory);
  try {
    const pglite = await openPglite(directory, options.cacheDirectory);
    await migrate(
      {
        query: async <Row>(sql: string, parameters?: unknown[]) => (await pglite.query<Row>(sql, parameters)).rows,
        script: async (sql) => void (await pglite.exec(sql)),
      },
      options.migrationsDirectory,
    );
    const prisma = createClient(new PrismaPGlite(pglite), options.onQuery);
    return {
      kind: 'embedded',
      prisma,
      queue: { db: fromPglite(pglite), backend: 'pglite' },
      async close() {
        await prisma.$disconnect();
        await pglite.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Initialising a database takes seconds, copying an initialised one a fraction: the first run on a machine leaves a copy in the cache. */
export async function openPglite(directory: string, cacheDirectory: string): Promise<PGlite> {
  if (existsSync(join(directory, 'PG_VERSION'))) return PGlite.create(directory);
  const template = join(cacheDirectory, `pglite-${await pgliteVersion()}.tar.gz`);
  if (existsSync(template)) return PGlite.create(directory, { loadDataDir: new Blob([new Uint8Array(await readFile(template))]) });
  const pglite = await PGlite.create(directory);
  await saveTemplate(pglite, cacheDirectory, template).catch(() => undefined); // a read-only installation works without one
  return pglite;
}

/** The package does not export its package.json, which lies a folder above its entry. */
async function pgliteVersion(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'));
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version;
}

async function saveTemplate(pglite: PGlite, cacheDirectory: string, path: string): Promise<void> {
  await mkdir(cacheDirectory, { recursive: true });
  const dump = await pglite.dumpDataDir('gzip');
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, new Uint8Array(await dump.arrayBuffer()));
  await rename(temporary, path);
}
