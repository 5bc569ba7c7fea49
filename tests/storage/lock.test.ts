import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory, LockedError } from '../../src/storage/lock.js';

let directory: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-lock-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** A process that asks for the lock and says how that went, then lives until it is killed. */
async function contender(): Promise<{ child: ChildProcess; outcome: string }> {
  const module = new URL('../../src/storage/lock.js', import.meta.url).href;
  const script = `
    const { lockDirectory } = await import(${JSON.stringify(module)});
    globalThis.lock = await lockDirectory(${JSON.stringify(directory)}).then((lock) => (console.log('held'), lock), (error) => console.log(error.message));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, outcome: said.toString().trim() };
}

describe('lockDirectory', () => {
  it('excludes others until it is released', async () => {
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(LockedError);
    await lock.release();
    await (await lockDirectory(directory)).release();
  });

  it('names the process that holds the lock', async () => {
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(new RegExp(`in use by process ${process.pid}.*GAUNTLET_DATA_DIR`));
    expect((await contender()).outcome).toMatch(new RegExp(`in use by process ${process.pid}.*GAUNTLET_DATA_DIR`));
    await lock.release();
  });

  it.each(['', 'no process id', '1\n'])('locks a folder with a stale lock file that holds %j', async (content) => {
    await writeFile(join(directory, 'gauntlet.lock'), content);
    await (await lockDirectory(directory)).release();
  });

  it('is released as soon as its process is killed', async () => {
    const { child, outcome } = await contender();
    expect(outcome).toBe('held');
    await expect(lockDirectory(directory)).rejects.toThrow(new RegExp(`in use by process ${child.pid}`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await lockDirectory(directory)).release();
  });

  it('grants one of several concurrent requests, also after its holder was killed', async () => {
    await writeFile(join(directory, 'gauntlet.lock'), '999999999 1\n');
    const here = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(directory)));
    const winners = here.filter((result) => result.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    await winners[0]!.value.release();
    const processes = await Promise.all(Array.from({ length: 4 }, contender));
    expect(processes.filter(({ outcome }) => outcome === 'held')).toHaveLength(1);
  });
});
