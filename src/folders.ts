/** Folders that the configuration names, tried before anything is opened in them. @module */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from './config.js';

/** A folder that cannot be made or written; the message names its variable. */
export class FolderError extends Error {
  override readonly name = 'FolderError';
}

/** The cache is left out: a server works without one. @throws FolderError */
export async function checkFolders({ dataDirectory, artifacts }: Config): Promise<void> {
  await checkFolder('GAUNTLET_DATA_DIR', dataDirectory);
  if ('folder' in artifacts) await checkFolder('GAUNTLET_ARTIFACTS', artifacts.folder);
}

async function checkFolder(variable: string, folder: string): Promise<void> {
  const probe = join(folder, `.writable-${randomUUID()}`);
  try {
    await makeFolder(folder);
    await writeFile(probe, 'x');
    await rm(probe);
  } catch (error) {
    const { message } = error as Error;
    throw new FolderError(`${message}. Check ${variable}, and who may write there.`, { cause: error });
  }
}

/** With those that it lies in. Node's own way never ends where a folder is there and takes no others, as /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isFolder(folder))) return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder || (await isFolder(parent))) throw error;
    await makeFolder(parent);
    await makeFolder(folder);
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
