import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalCache } from '../../src/storage/local-cache.js';

let directory: string;
let cache: LocalCache;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-cache-'));
  // Room for two entries; none is protected for being young.
  cache = new LocalCache(directory, 2500, 0);
});
afterEach(async () => {
  cache.close();
  await rm(directory, { recursive: true, force: true });
});

let made: string[] = [];
beforeEach(() => void (made = []));

/** Times of files are compared, and may be those of a clock that ticks slowly. */
const tick = () => new Promise((resolve) => setTimeout(resolve, 20));

const open = async (name: string) => {
  await tick();
  return cache.open(name, async (target) => {
    made.push(name);
    await mkdir(target);
    await writeFile(join(target, 'weights'), Buffer.alloc(1000));
  });
};

it('a full cache removes what was not used for longest', async () => {
  const [first, second] = [await open('a'), await open('b')];
  expect(await open('a')).toBe(first);
  const third = await open('c');
  expect([first, second, third].map((path) => existsSync(path))).toEqual([true, false, true]);
  await open('b');
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});

it('what is held stays, however full the cache is', async () => {
  const release = cache.hold('a');
  const held = await open('a');
  for (const name of ['b', 'c', 'd']) await open(name);
  expect(existsSync(held)).toBe(true);
  release();
  await open('e');
  expect(existsSync(held)).toBe(false);
});

it('several who open one entry at the same time make it once', async () => {
  await Promise.all(Array.from({ length: 5 }, () => open('a')));
  expect(made).toEqual(['a']);
});

it('an entry whose making failed is made by the next', async () => {
  await expect(cache.open('a', () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
  expect(existsSync(join(await open('a'), 'weights'))).toBe(true);
  expect(await cache.names()).toEqual(['a']);
});
