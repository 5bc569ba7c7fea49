import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArtifactStore } from '../../src/storage/artifacts.js';

let directory: string;
let store: ArtifactStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-artifacts-'));
  store = new ArtifactStore(directory);
  await store.prepare();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const bytes = Buffer.from('gradient');
const id = createHash('sha256').update(bytes).digest('hex');

describe('ArtifactStore', () => {
  it('stores bytes under their hash, once', async () => {
    expect(await store.put([bytes.subarray(0, 3), bytes.subarray(3)])).toEqual({ id, size: 8 });
    expect(await store.put([bytes])).toEqual({ id, size: 8 });
    expect(await store.list()).toEqual([id]);
    expect(await buffer(store.read(id))).toEqual(bytes);
    expect(await readdir(join(directory, 'incoming'))).toEqual([]);
  });

  it('reads ranges of bytes, and reports a missing artifact', async () => {
    await store.put([bytes]);
    expect(await buffer(store.read(id, { start: 2, end: 5 }))).toEqual(bytes.subarray(2, 5));
    expect(Buffer.from((await store.readRange(id, 2, 3))!)).toEqual(bytes.subarray(2, 5));
    expect(await store.readRange(id, 6, 3)).toBeUndefined();
  });

  it('leaves nothing behind when a source fails', async () => {
    async function* broken() {
      yield bytes;
      throw new Error('disk on fire');
    }
    await expect(store.put(broken())).rejects.toThrow('disk on fire');
    expect(await store.list()).toEqual([]);
    expect(await readdir(join(directory, 'incoming'))).toEqual([]);
  });

  it('deletes an artifact', async () => {
    await store.put([bytes]);
    await store.delete(id);
    expect(store.has(id)).toBe(false);
    await store.delete(id);
  });
});
