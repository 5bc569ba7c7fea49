/** States that a process leaves behind which was killed (`kill -9`) between two steps, made by hand in a real database and a real store. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, utimes, writeFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { releaseArtifacts, storeArtifact, withArtifact } from '../../src/storage/artifact-rows.js';
import type { Database } from '../../src/storage/database.js';
import { sweepArtifacts } from '../../src/storage/sweep.js';
import { Capacity } from '../../src/services/job/capacity.js';
import { UploadService } from '../../src/services/upload/uploads.js';
import { databaseInFolder } from '../server/support/database.js';
import { idsOf, openTestStore, type TestStore } from '../server/support/store.js';

const DAY_MS = 86_400_000;
const NOTHING = { unreferenced: 0, orphans: 0, lost: 0, found: 0 };
const description = { mediaType: 'application/octet-stream' };

let database: Database;
let directory: string;
let close: () => Promise<void>;
let test: TestStore;
beforeAll(async () => {
  ({ database, directory, close } = await databaseInFolder());
  test = await openTestStore(directory);
});
afterAll(() => close());
afterEach(async () => {
  await database.prisma.model.deleteMany();
  await database.prisma.upload.deleteMany();
  await sweepArtifacts(database.prisma, test.store, -1000);
  expect({ rows: await database.prisma.artifact.count(), ids: await idsOf(test.store) }).toEqual({ rows: 0, ids: [] });
});

/** With no time of grace: what these tests make is seconds old. */
const sweep = (graceMs = -1000) => sweepArtifacts(database.prisma, test.store, graceMs);

const model = (artifactId: string, owner = 'owner') =>
  database.prisma.model.create({ data: { name: randomUUID(), owner, status: 'VALIDATING', spec: {}, artifactId } });

const stored = (text: string) =>
  withArtifact(
    database.prisma,
    test.store,
    () => [Buffer.from(text)],
    description,
    async (id) => (await model(id)).artifactId!,
  );

const idOf = (text: string) => createHash('sha256').update(text).digest('hex');

it('bytes that came to the store before a commit that never was are deleted, once they are old enough', async () => {
  const kept = await stored('kept');
  const { id } = await test.store.put([Buffer.from('orphan')]);
  expect(await sweep(DAY_MS)).toEqual(NOTHING);
  expect(await test.store.has(id)).toBe(true);
  expect(await sweep()).toEqual({ ...NOTHING, orphans: 1 });
  expect(await idsOf(test.store)).toEqual([kept]);
  expect(await sweep()).toEqual(NOTHING);
});

it('a row that nothing came to refer to is deleted with its bytes', async () => {
  await storeArtifact(database.prisma, test.store, [Buffer.from('unreferenced')], description);
  expect(await sweep(DAY_MS)).toEqual(NOTHING);
  expect(await sweep()).toEqual({ ...NOTHING, unreferenced: 1 });
  expect(await idsOf(test.store)).toEqual([]);
});

it('a row that nothing refers to and whose bytes were deleted before the commit is deleted', async () => {
  const id = await storeArtifact(database.prisma, test.store, [Buffer.from('half deleted')], description);
  await test.store.delete(id);
  expect(await sweep()).toEqual({ ...NOTHING, unreferenced: 1 });
  expect(await database.prisma.artifact.count()).toBe(0);
});

it('a row that has lost its bytes does not count against its owner until they are there again', async () => {
  const bytes = 'x'.repeat(600);
  const id = await stored(bytes);
  const limits = {
    maxPending: 1,
    maxPendingPerPrincipal: 1,
    maxUploads: 1,
    maxUploadBytes: 500,
    maxStoredBytes: 1000,
    maxComputeSeconds: 1,
  };
  const principal = { name: 'owner', role: 'SUBMITTER' as const, tokenId: null };
  const check = () => database.prisma.$transaction((tx) => new Capacity(limits).checkUpload(tx, principal as never, 500));
  await expect(check()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });

  await test.store.delete(id);
  expect(await sweep(DAY_MS)).toEqual({ ...NOTHING, lost: 1 });
  await check();
  expect(await sweep(DAY_MS)).toEqual(NOTHING);

  await test.store.put([Buffer.from(bytes)]);
  expect(await sweep(DAY_MS)).toEqual({ ...NOTHING, found: 1 });
  await expect(check()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
});

it('bytes that are submitted again are no longer lost', async () => {
  const id = await stored('again');
  await test.store.delete(id);
  await sweep(DAY_MS);
  expect(await database.prisma.artifact.findUnique({ where: { id } })).toMatchObject({ missingSince: expect.any(Date) as Date });
  await stored('again');
  expect(await database.prisma.artifact.findUnique({ where: { id } })).toMatchObject({ missingSince: null });
  expect(await test.store.has(id)).toBe(true);
});

it('sweeps beside those who store and delete the same bytes take nothing away from them', async () => {
  const user = async (text: string) => {
    for (let turn = 0; turn < 10; turn++) {
      const id = await stored(text);
      expect(await test.store.has(id)).toBe(true);
      await database.prisma.model.deleteMany({ where: { artifactId: id } });
      // What a killed process leaves, for the sweeps.
      if (turn % 2) await database.prisma.artifact.deleteMany({ where: { id } });
      else await releaseArtifacts(database.prisma, test.store, [id]);
    }
  };
  const sweeper = async () => {
    for (let turn = 0; turn < 15; turn++) await sweep(0);
  };
  await Promise.all([user('one'), user('two'), sweeper(), sweeper()]);
  await sweep();
  expect({ rows: await database.prisma.artifact.count(), ids: await idsOf(test.store) }).toEqual({ rows: 0, ids: [] });
});

it('files of uploads whose rows were deleted first are deleted, once they are old enough', async () => {
  const { prisma } = database;
  const folder = join(directory, 'uploads');
  await mkdir(folder, { recursive: true });
  const uploads = new UploadService(prisma, test.store, new Capacity({} as never), { directory: folder, ttlHours: 24 });
  const { id } = await prisma.upload.create({ data: { owner: 'owner' } });
  const [old, young] = [randomUUID(), randomUUID()];
  for (const name of [id, old, young]) await writeFile(join(folder, name), 'some bytes');
  for (const name of [id, old]) await utimes(join(folder, name), new Date(0), new Date(0));
  expect(await uploads.sweep()).toBe(1);
  expect((await readdir(folder)).sort()).toEqual([id, young].sort());
});

it('what was begun and not finished is removed after a day', async () => {
  const [old, young] = ['old', 'young'].map((name) => join(test.objects.spool, name)) as [string, string];
  for (const path of [old, young]) await writeFile(path, 'half');
  await utimes(old, new Date(0), new Date(0));
  await sweep();
  expect(await readdir(test.objects.spool)).toEqual(['young']);
});

it('an upload that is complete is kept by its row, and its bytes go with the last row that refers to them', async () => {
  const text = 'bytes of an upload';
  const id = await storeArtifact(database.prisma, test.store, [Buffer.from(text)], description);
  expect(id).toBe(idOf(text));
  const row = await database.prisma.upload.create({
    data: { owner: 'owner', state: 'COMPLETE', size: text.length, sha256: id, artifactId: id },
  });
  await model(id);
  expect(await sweep()).toEqual(NOTHING);
  await database.prisma.upload.delete({ where: { id: row.id } });
  expect(await releaseArtifacts(database.prisma, test.store, [id])).toEqual([]);
  await database.prisma.model.deleteMany();
  expect(await releaseArtifacts(database.prisma, test.store, [id])).toEqual([id]);
  expect(await idsOf(test.store)).toEqual([]);
});
