/**
 * An exclusive lock on a folder, held by a file with the owner's process id. PGlite has none of its own, and two processes on one folder destroy it.
 * @module
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'gauntlet.lock';

/** What this process holds: its own id in a file is otherwise a leftover of a process that had the same id. */
const held = new Set<string>();

/** Another process that is alive holds the folder. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
}

export interface DirectoryLock {
  release(): Promise<void>;
}

/** @throws LockedError when a live process holds the folder; the lock of a dead one is taken over. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, FILE);
  const mine = await identity(process.pid);
  // A second try after a stale lock was moved away; a third means that others keep taking it.
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(path, mine!, { flag: 'wx' });
      held.add(path);
      return {
        async release() {
          held.delete(path);
          await rm(path, { force: true });
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readFile(path, 'utf8').catch(() => '');
    const pid = Number.parseInt(holder, 10);
    const alive = holder === mine ? held.has(path) : Number.isInteger(pid) && (await identity(pid)) === holder;
    if (alive) {
      throw new LockedError(
        `${directory} is in use by process ${pid}. Stop it, choose another GAUNTLET_DATA_DIR, or set DATABASE_URL to share a PostgreSQL server.`,
      );
    }
    await moveAway(path, holder);
  }
  throw new LockedError(`${directory} is being taken by another process. Try again.`);
}

/** Moved before it is removed, so that of two processes that saw the same stale lock, the second notices that it holds a fresh one. */
async function moveAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) === stale) await rm(aside);
    else await rename(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** A process id and, where /proc tells, when that process began: ids are reused, in containers after every restart. */
async function identity(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 22, counted after the command's name, which may hold spaces.
  const began = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
  return `${pid} ${began ?? ''}\n`;
}
