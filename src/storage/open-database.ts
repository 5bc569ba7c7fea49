/** Opens the database that the configuration names. @module */
import type { Database, DatabaseOptions } from './database.js';

export async function openDatabase(url: string | undefined, options: DatabaseOptions): Promise<Database> {
  // Loaded on demand: a server on PostgreSQL has no use for megabytes of WASM.
  if (url) return (await import('./postgres.js')).openPostgres(url, options);
  return (await import('./embedded/index.js')).openEmbedded(options);
}
