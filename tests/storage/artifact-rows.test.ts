import { afterAll, beforeAll, expect, it } from 'vitest';
import { releaseArtifacts, withArtifact } from '../../src/storage/artifact-rows.js';
import type { ArtifactStore } from '../../src/storage/artifacts.js';
import type { Database } from '../../src/storage/database.js';
import { databaseInFolder } from '../server/support/database.js';
import { idsOf, openTestStore } from '../server/support/store.js';

let database: Database;
let close: () => Promise<void>;
let store: ArtifactStore;
beforeAll(async () => {
  const opened = await databaseInFolder();
  ({ database, close } = opened);
  ({ store } = await openTestStore(opened.directory));
});
afterAll(() => close());

const inventory = async () => ({ rows: await database.prisma.artifact.count(), files: await idsOf(store) });

/** A model that refers to bytes. */
const submit = (name: string, bytes: string) =>
  withArtifact(
    database.prisma,
    store,
    () => [Buffer.from(bytes)],
    { mediaType: 'application/octet-stream' },
    async (artifactId) => {
      const { id } = await database.prisma.model.create({ data: { name, owner: 'owner', status: 'VALIDATING', spec: {}, artifactId } });
      return { id, artifactId };
    },
  );

async function deleteModel({ id, artifactId }: { id: string; artifactId: string }): Promise<void> {
  await database.prisma.model.delete({ where: { id } });
  await releaseArtifacts(database.prisma, store, [artifactId]);
}

it('artifacts of the same bytes can be stored and released concurrently', async () => {
  const submitter = async (name: string) => {
    for (let turn = 0; turn < 20; turn++) {
      const model = await submit(`${name} ${turn}`, 'the bytes of all');
      const row = await database.prisma.artifact.findUnique({ where: { id: model.artifactId } });
      expect({ row: row?.id, file: await store.has(model.artifactId) }).toEqual({ row: model.artifactId, file: true });
      await deleteModel(model);
    }
  };
  await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(submitter));
  expect(await inventory()).toEqual({ rows: 0, files: [] });
});

it('artifacts are kept while a row refers to them', async () => {
  const first = await submit('first', 'shared');
  const second = await submit('second', 'shared');
  expect(second.artifactId).toBe(first.artifactId);
  await deleteModel(first);
  expect(await inventory()).toEqual({ rows: 1, files: [first.artifactId] });
  await deleteModel(second);
  expect(await inventory()).toEqual({ rows: 0, files: [] });
});

it('artifacts are removed if the transaction that should refer to them fails', async () => {
  const { prisma } = database;
  const failing = withArtifact(
    prisma,
    store,
    () => [Buffer.from('unwanted')],
    { mediaType: 'application/octet-stream' },
    () => Promise.reject(new Error('refused')),
  );
  await expect(failing).rejects.toThrow('refused');
  expect(await inventory()).toEqual({ rows: 0, files: [] });
});
