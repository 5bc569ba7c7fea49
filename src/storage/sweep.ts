/**
 * Compares the artifact store with its rows, both ways, and repairs what processes that were killed left behind. Any number of servers may do so at the same time,
 * and while artifacts are stored and deleted.
 * @module
 */
import { deleteUnreferenced } from './artifact-rows.js';
import type { ArtifactStore, StoredArtifact } from './artifacts.js';
import type { DatabaseClient } from './database.js';
import type { LocalCache } from './local-cache.js';
import { artifactOf } from './model-folders.js';

export interface SweepReport {
  /** Rows, with their bytes, that nothing refers to. */
  readonly unreferenced: number;
  /** Bytes without a row, deleted. */
  readonly orphans: number;
  /** Rows that were found to have lost their bytes. */
  readonly lost: number;
  /** Rows whose lost bytes are there again. */
  readonly found: number;
}

/** Younger things may be in the act of being stored. */
const GRACE_MS = 3_600_000;

/** Artifacts that are compared at once. */
const CHUNK = 1000;

/** @param graceMs what is younger stays. @throws StoreUnavailable. */
export async function sweepArtifacts(prisma: DatabaseClient, store: ArtifactStore, graceMs = GRACE_MS): Promise<SweepReport> {
  const before = new Date(Date.now() - graceMs);
  const unreferenced = await deleteUnreferenced(prisma, store, before);
  await store.removeUnfinished();
  let [orphans, lost, found] = [0, 0, 0];
  for await (const { after, upTo, stored } of ranges(store)) {
    const rows = await prisma.artifact.findMany({ where: { id: { gt: after, lte: upTo } }, select: { id: true, missingSince: true } });
    const known = new Set(rows.map(({ id }) => id));
    for (const artifact of stored.values()) {
      if (!known.has(artifact.id) && artifact.modified < before && (await deleteOrphan(prisma, store, artifact))) orphans++;
    }
    for (const { id, missingSince } of rows) {
      if (missingSince === null ? stored.has(id) : !stored.has(id)) continue;
      if (!(await correct(prisma, store, id))) continue;
      if (missingSince === null) lost++;
      else found++;
    }
  }
  return { unreferenced, orphans, lost, found };
}

/** Removes models and files of this machine whose artifacts are gone. */
export async function sweepCache(prisma: DatabaseClient, cache: LocalCache): Promise<void> {
  const ids = (await cache.names()).flatMap((name) => artifactOf(name) ?? []);
  const rows = await prisma.artifact.findMany({ where: { id: { in: ids } }, select: { id: true } });
  const known = new Set(rows.map(({ id }) => id));
  await cache.sweep((name) => known.has(artifactOf(name) ?? ''));
}

/** What is stored, by ranges of ids that together are all there can be. */
async function* ranges(store: ArtifactStore) {
  let after = '';
  let stored = new Map<string, StoredArtifact>();
  for await (const artifact of store.list()) {
    stored.set(artifact.id, artifact);
    if (stored.size < CHUNK) continue;
    yield { after, upTo: artifact.id as string | undefined, stored };
    after = artifact.id;
    stored = new Map();
  }
  yield { after, upTo: undefined, stored };
}

/** Under a row of its own, so that whoever stores the same bytes at this moment waits, and then puts them again. */
function deleteOrphan(prisma: DatabaseClient, store: ArtifactStore, { id, size }: StoredArtifact): Promise<boolean> {
  return prisma.$transaction(async (tx) => {
    const { count } = await tx.artifact.createMany({ data: { id, size, mediaType: '', imageShape: [] }, skipDuplicates: true });
    if (count === 0) return false;
    await store.delete(id);
    await tx.artifact.delete({ where: { id } });
    return true;
  });
}

/** Notes whether the bytes of a row are there, which may have changed since the store was listed. @returns whether that was wrong. */
function correct(prisma: DatabaseClient, store: ArtifactStore, id: string): Promise<boolean> {
  return prisma.$transaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ isMissing: boolean }[]>`
      SELECT "missingSince" IS NOT NULL AS "isMissing" FROM "Artifact" WHERE "id" = ${id} FOR UPDATE`;
    const isMissing = !(await store.has(id));
    if (!row || row.isMissing === isMissing) return false;
    await tx.artifact.update({ where: { id }, data: { missingSince: isMissing ? new Date() : null } });
    return true;
  });
}
