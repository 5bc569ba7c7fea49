/** PostgreSQL in WebAssembly (PGlite), in a folder. @module */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

/** PostgreSQL's default, 128 MB, is all resident in WebAssembly; the system keeps the files in memory anyway. */
const SMALL = ['-c', 'shared_buffers=16MB', '-c', 'wal_buffers=1MB'];

/** Opens the database in a folder, making it where there is none. */
export async function openPglite(directory: string, cacheDirectory: string): Promise<PGlite> {
  if (!existsSync(directory)) await initialise(directory, cacheDirectory);
  return PGlite.create(directory, { startParams: [...PGlite.defaultStartParams, ...SMALL] });
}

/** Made beside its place and moved there whole: a first start that is interrupted leaves no half database. */
async function initialise(directory: string, cacheDirectory: string): Promise<void> {
  const staging = `${directory}.new`;
  await rm(staging, { recursive: true, force: true });
  // Initialising takes seconds, copying an initialised database a fraction: the first run on a machine leaves a copy in the cache.
  const template = join(cacheDirectory, `pglite-${await pgliteVersion()}.tar.gz`);
  const isCached = existsSync(template);
  const pglite = await PGlite.create(staging, isCached ? { loadDataDir: new Blob([new Uint8Array(await readFile(template))]) } : {});
  if (!isCached) await saveTemplate(pglite, cacheDirectory, template).catch(() => undefined); // a read-only installation works without one
  await pglite.close();
  await rename(staging, directory);
}

/** The package does not export its package.json, which lies a folder above its entry. */
async function pgliteVersion(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'));
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version;
}

async function saveTemplate(pglite: PGlite, cacheDirectory: string, path: string): Promise<void> {
  await mkdir(cacheDirectory, { recursive: true });
  const dump = await pglite.dumpDataDir('gzip');
  const temporary = `${path}.${randomUUID()}`; // two databases may be made at once
  await writeFile(temporary, new Uint8Array(await dump.arrayBuffer()));
  await rename(temporary, path);
}
