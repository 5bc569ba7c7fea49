import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory, LockedError } from '../../src/storage/lock.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-lock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const file = () => join(directory, 'gauntlet.lock');

describe('lockDirectory', () => {
  it('keeps others out until it is released', async () => {
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(LockedError);
    await lock.release();
    await (await lockDirectory(directory)).release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('says who holds it', async () => {
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(new RegExp(`in use by process ${process.pid}.*GAUNTLET_DATA_DIR`));
    await lock.release();
  });

  it('takes over the lock of a process that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(file(), `${pid} 12345\n`);
    await (await lockDirectory(directory)).release();
  });

  it.runIf(existsSync('/proc/1/stat'))('takes over the lock of a process whose id another has now', async () => {
    for (const pid of [process.pid, process.ppid]) {
      await writeFile(file(), `${pid} 1\n`);
      await (await lockDirectory(directory)).release();
    }
  });

  it('takes over a file that says nothing', async () => {
    await writeFile(file(), '');
    await (await lockDirectory(directory)).release();
  });

  it('gives a stale lock to one of those who want it', async () => {
    await writeFile(file(), '999999999 1\n');
    const tries = await Promise.allSettled([lockDirectory(directory), lockDirectory(directory), lockDirectory(directory)]);
    const winners = tries.filter((result) => result.status === 'fulfilled');
    expect(winners).toHaveLength(1);
  });
});
