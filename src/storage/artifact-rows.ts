/** Rows of artifacts, which say what is stored and hold on to it by the rows that refer to them. @module */
import pRetry from 'p-retry';
import type { ArtifactStore } from './artifacts.js';
import type { DatabaseClient } from './database.js';
import { isForeignKeyViolation } from './errors.js';
import { Prisma } from './generated/client.js';

export interface ArtifactDescription {
  readonly mediaType: string;
  /** [height, width, channels], where the bytes are images one after the other. */
  readonly imageShape?: number[];
}

/** Each try fails only where somebody deletes the same bytes in the few milliseconds that it takes: a fifth of them, with six who do nothing else. */
const AGAIN = { retries: 20, minTimeout: 1, maxTimeout: 50, randomize: true };

export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Stores bytes with their row. Until something refers to the row, {@link releaseArtifacts} and {@link sweepArtifacts} delete both.
 * The row is locked while the file comes to its place, as it is while both are deleted: there is never one without the other for others to see.
 */
export async function storeArtifact(
  prisma: DatabaseClient,
  store: ArtifactStore,
  bytes: Bytes,
  { mediaType, imageShape = [] }: ArtifactDescription,
): Promise<string> {
  const { id } = await store.put(bytes, ({ id, size }, keep) =>
    prisma.$transaction(async (tx) => {
      await tx.artifact.upsert({ where: { id }, create: { id, size, mediaType, imageShape }, update: { createdAt: new Date() } });
      await keep();
    }),
  );
  return id;
}

/**
 * Stores bytes for something that is about to refer to them, and takes them back where that fails.
 * Both are done again where others, who had the same bytes, deleted them in between.
 */
export async function withArtifact<Result>(
  prisma: DatabaseClient,
  store: ArtifactStore,
  bytes: () => Bytes | Promise<Bytes>,
  description: ArtifactDescription,
  refer: (id: string) => Promise<Result>,
): Promise<Result> {
  const attempt = async () => {
    const id = await storeArtifact(prisma, store, await bytes(), description);
    try {
      return await refer(id);
    } catch (error) {
      await releaseArtifacts(prisma, store, [id]);
      throw error;
    }
  };
  return pRetry(attempt, { ...AGAIN, shouldRetry: ({ error }) => isForeignKeyViolation(error) });
}

/**
 * Deletes those of the artifacts that nothing refers to any more. Call it after the transaction that dropped a reference.
 * @returns ids of the artifacts deleted.
 */
export async function releaseArtifacts(prisma: DatabaseClient, store: ArtifactStore, ids: readonly (string | null)[]): Promise<string[]> {
  const candidates = [...new Set(ids.filter((id) => id !== null))];
  if (candidates.length === 0) return [];
  return deleteUnused(prisma, store, Prisma.sql`a."id" IN (${Prisma.join(candidates)})`);
}

/** Deletes artifacts that a crash left without reference. Those of the last hour may be about to get one. */
export async function sweepArtifacts(prisma: DatabaseClient, store: ArtifactStore): Promise<string[]> {
  return deleteUnused(prisma, store, Prisma.sql`a."createdAt" < ${new Date(Date.now() - 3_600_000)}`);
}

async function deleteUnused(prisma: DatabaseClient, store: ArtifactStore, condition: Prisma.Sql): Promise<string[]> {
  const unused = Prisma.sql`${condition}
    AND NOT EXISTS (SELECT FROM "Model" m WHERE m."artifactId" = a."id")
    AND NOT EXISTS (SELECT FROM "Evaluation" e WHERE e."imagesArtifactId" = a."id")
    AND NOT EXISTS (SELECT FROM "JobPart" s WHERE s."artifactId" = a."id")
    AND NOT EXISTS (SELECT FROM "TrainingPoint" p WHERE p."checkpointId" = a."id")`;
  return prisma.$transaction(async (tx) => {
    const locked = await tx.$queryRaw<{ id: string }[]>`SELECT a."id" FROM "Artifact" a WHERE ${unused} ORDER BY a."id" FOR UPDATE`;
    if (locked.length === 0) return [];
    const ids = locked.map(({ id }) => id);
    // Looks again: a transaction that was adding a reference when the row was to be locked has committed by now.
    const deleted = await tx.$queryRaw<{ id: string }[]>`
      DELETE FROM "Artifact" a WHERE a."id" = ANY(${ids}) AND ${unused} RETURNING a."id"`;
    for (const { id } of deleted) await store.delete(id);
    return deleted.map(({ id }) => id);
  });
}
