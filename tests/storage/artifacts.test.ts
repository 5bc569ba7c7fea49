import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore } from '../../src/storage/artifacts.js';
import { ArtifactMissing } from '../../src/storage/errors.js';
import type { ObjectStore } from '../../src/storage/objects/types.js';
import { idsOf, openTestStore, S3_UNDER_TEST } from '../server/support/store.js';

let directory: string;
let store: ArtifactStore;
let objects: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-artifacts-'));
  ({ store, objects } = await openTestStore(directory));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const bytes = Buffer.from('gradient');
const id = createHash('sha256').update(bytes).digest('hex');

describe('the artifact store', () => {
  it('stores bytes under their hash, once', async () => {
    expect(await store.put([bytes.subarray(0, 3), bytes.subarray(3)])).toEqual({ id, size: 8 });
    expect(await store.put([bytes])).toEqual({ id, size: 8 });
    expect(await idsOf(store)).toEqual([id]);
    expect(await buffer(store.read(id))).toEqual(bytes);
    expect(await readdir(objects.spool)).toEqual([]);
  });

  it('reads ranges of bytes', async () => {
    await store.put([bytes]);
    expect(await buffer(store.read(id, { start: 2, end: 5 }))).toEqual(bytes.subarray(2, 5));
    expect(Buffer.from((await store.readRange(id, 2, 3))!)).toEqual(bytes.subarray(2, 5));
    expect(await store.readRange(id, 6, 3)).toBeUndefined();
    expect(await store.readRange(id, 9, 3)).toBeUndefined();
  });

  it('says that an artifact is missing, however it is read', async () => {
    expect(await store.has(id)).toBe(false);
    await expect(buffer(store.read(id))).rejects.toThrow(ArtifactMissing);
    await expect(store.readRange(id, 0, 3)).rejects.toThrow(ArtifactMissing);
    await expect(store.useFile(id, () => Promise.resolve())).rejects.toThrow(ArtifactMissing);
  });

  it('stores and reads a stream of 30 MB, whose length nobody knows before its end', async () => {
    const chunks = Array.from({ length: 30 }, () => randomBytes(1_000_000));
    async function* stream() {
      for (const chunk of chunks) yield await Promise.resolve(chunk);
    }
    const { id: large, size } = await store.put(stream());
    const whole = Buffer.concat(chunks);
    expect({ large, size }).toEqual({ large: createHash('sha256').update(whole).digest('hex'), size: whole.length });
    expect((await buffer(store.read(large))).equals(whole)).toBe(true);
    expect(Buffer.from((await store.readRange(large, 12_345_678, 1000))!)).toEqual(whole.subarray(12_345_678, 12_346_678));
  });

  it('gives an artifact as a file of this machine', async () => {
    await store.put([bytes]);
    for (let turn = 0; turn < 2; turn++) expect(await store.useFile(id, (path) => readFile(path))).toEqual(bytes);
  });

  it('leaves nothing behind when a source fails', async () => {
    async function* broken() {
      yield bytes;
      throw new Error('disk on fire');
    }
    await expect(store.put(broken())).rejects.toThrow('disk on fire');
    expect(await idsOf(store)).toEqual([]);
    expect(await readdir(objects.spool)).toEqual([]);
  });

  it('deletes an artifact', async () => {
    await store.put([bytes]);
    await store.useFile(id, (path) => readFile(path));
    await store.delete(id);
    expect(await store.has(id)).toBe(false);
    await expect(store.useFile(id, (path) => readFile(path))).rejects.toThrow(ArtifactMissing);
    await store.delete(id);
  });
});

describe('an object', () => {
  it('is put under a condition by one of many at the same time', async () => {
    const candidates = Array.from({ length: 8 }, (_, i) => Buffer.from(`candidate ${i}`));
    const wins = await Promise.all(candidates.map((candidate) => objects.putIfAbsent('label', candidate)));
    expect(wins.filter((isFirst) => isFirst)).toHaveLength(1);
    expect(await buffer(objects.read('label'))).toEqual(candidates[wins.indexOf(true)]);
  });

  it('is listed by its prefix with its size and time, in the order of keys', async () => {
    for (const key of ['b/2', 'b/10', 'a/1', 'b/c/3']) await objects.putIfAbsent(key, Buffer.from(key));
    const listed = [];
    for await (const object of objects.list('b/')) listed.push(object);
    expect(listed.map(({ key, size }) => ({ key, size }))).toEqual(['b/10', 'b/2', 'b/c/3'].map((key) => ({ key, size: key.length })));
    for (const { modified } of listed) expect(Math.abs(modified.getTime() - Date.now())).toBeLessThan(60_000);
  });
});

describe.runIf(S3_UNDER_TEST)('parts of an upload that nobody completed', () => {
  it('are removed when they are old, and no others', async () => {
    const { pathname, hostname } = new URL(objects.location);
    const client = new S3Client({ forcePathStyle: true });
    const place = { Bucket: hostname, Key: `${pathname.slice(1)}sha256/aa/unfinished` };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
    await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: bytes }));
    const unfinished = async () =>
      (await client.send(new ListMultipartUploadsCommand({ Bucket: hostname, Prefix: pathname.slice(1) }))).Uploads?.length ?? 0;
    await store.removeUnfinished();
    expect(await unfinished()).toBe(1);
    await objects.removeUnfinished!(new Date(Date.now() + 60_000));
    expect(await unfinished()).toBe(0);
    client.destroy();
  });
});
