/**
 * An exclusive lock on a folder. PGlite has none of its own, and two processes on one folder destroy it.
 *
 * The lock is the operating system's, on a file: it ends with the process, however that dies, and holds between containers that share a volume,
 * where process ids say nothing. A file that is itself the lock cannot be taken over from a dead process without a moment in which two believe that they have it.
 * @module
 */
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';

const FILE = 'gauntlet.lock';

/** Another process that is alive holds the folder, or its file system knows no locks. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
}

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * The lock file stays when it is released: were it deleted, one process could lock the deleted file and another its successor.
 * @throws LockedError when a live process holds the folder.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const file = await open(join(directory, FILE), 'a+');
  try {
    if (!isGranted(file, directory)) {
      throw new LockedError(
        `${directory} is in use by ${await holder(file)}. Stop it, choose another GAUNTLET_DATA_DIR, or set DATABASE_URL to share a PostgreSQL server.`,
      );
    }
    await file.truncate();
    await file.write(`${process.pid}\n`);
    return { release: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function isGranted(file: FileHandle, directory: string): boolean {
  try {
    return tryLock(file.fd);
  } catch (error) {
    throw new LockedError(
      `${directory} is on a file system without locks (${(error as Error).message}). Choose another GAUNTLET_DATA_DIR, or set DATABASE_URL to use a PostgreSQL server.`,
      { cause: error },
    );
  }
}

/** Whom to stop, for a person: the id may be one of another container, or not be written yet. */
async function holder(file: FileHandle): Promise<string> {
  const written = Buffer.alloc(32);
  const { bytesRead } = await file.read(written, 0, written.length, 0).catch(() => ({ bytesRead: 0 })); // Windows lets nobody read a locked file
  const pid = Number.parseInt(written.toString('utf8', 0, bytesRead), 10);
  return Number.isInteger(pid) ? `process ${pid}` : 'another process';
}
