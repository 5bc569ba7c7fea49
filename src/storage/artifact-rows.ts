/** Rows of artifacts, which say what is stored and hold on to it by the rows that refer to them. @module */
import type { ArtifactStore } from './artifacts.js';
import type { DatabaseClient } from './database.js';
import { Prisma } from './generated/client.js';

export interface ArtifactDescription {
  readonly mediaType: string;
  /** [height, width, channels], where the bytes are 8-bit images one after the other. */
  readonly imageShape?: number[];
}

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Stores bytes with their row. Until something refers to the row, {@link releaseArtifacts} and {@link sweepArtifacts} delete both. */
export async function storeArtifact(
  prisma: DatabaseClient,
  store: ArtifactStore,
  bytes: Bytes,
  { mediaType, imageShape = [] }: ArtifactDescription,
): Promise<string> {
  const { id, size } = await store.put(bytes);
  await prisma.artifact.createMany({ data: [{ id, size, mediaType, imageShape }], skipDuplicates: true });
  return id;
}

/** Stores bytes for something that is about to refer to them, and takes them back where that fails. */
export async function withArtifact<Result>(
  prisma: DatabaseClient,
  store: ArtifactStore,
  bytes: Bytes,
  description: ArtifactDescription,
  refer: (id: string) => Promise<Result>,
): Promise<Result> {
  const id = await storeArtifact(prisma, store, bytes, description);
  try {
    return await refer(id);
  } catch (error) {
    await releaseArtifacts(prisma, store, [id]);
    throw error;
  }
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
  const deleted = await prisma.$queryRaw<{ id: string }[]>`
    DELETE FROM "Artifact" a WHERE ${condition}
      AND NOT EXISTS (SELECT FROM "Model" m WHERE m."artifactId" = a."id")
      AND NOT EXISTS (SELECT FROM "Evaluation" e WHERE e."imagesArtifactId" = a."id")
      AND NOT EXISTS (SELECT FROM "EvaluationShard" s WHERE s."imagesArtifactId" = a."id")
      AND NOT EXISTS (SELECT FROM "TrainingPoint" p WHERE p."checkpointId" = a."id")
    RETURNING a."id"`;
  for (const { id } of deleted) await store.delete(id);
  return deleted.map(({ id }) => id);
}
