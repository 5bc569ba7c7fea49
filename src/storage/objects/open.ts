/** Opens the store that the configuration names. @module */
import { join } from 'node:path';
import { FolderStore } from './folder.js';
import type { ObjectStore } from './types.js';

/** Where artifacts are. */
export type StoreLocation =
  | { readonly folder: string }
  | { readonly bucket: string; /** Empty, or with `/` at its end. */ readonly prefix: string; readonly pathStyle: boolean };

/** @param dataDirectory a folder of this machine. */
export async function openObjectStore(location: StoreLocation, dataDirectory: string): Promise<ObjectStore> {
  if ('folder' in location) return new FolderStore(location.folder);
  // Loaded on demand: a folder has no use for the AWS SDK, which is an optional package.
  const { S3Store } = await import('./s3.js');
  return new S3Store({ ...location, spool: join(dataDirectory, 'artifacts', 'incoming') });
}
