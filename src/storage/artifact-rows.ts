/** Rows of artifacts, which say what is stored and hold on to it by the rows that refer to them. @module */
import type { ArtifactStore, StoredBytes } from './artifacts.js';
import type { DatabaseClient, Transaction } from './database.js';
import { Prisma } from './generated/client.js';

export interface ArtifactDescription extends StoredBytes {
  readonly mediaType: string;
  readonly imageShape?: number[];
}

/** Records stored bytes, in the transaction that first refers to them. */
export async function recordArtifact(tx: Transaction, { id, size, mediaType, imageShape = [] }: ArtifactDescription): Promise<void> {
  await tx.artifact.createMany({ data: [{ id, size, mediaType, imageShape }], skipDuplicates: true });
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
    RETURNING a."id"`;
  for (const { id } of deleted) await store.delete(id);
  return deleted.map(({ id }) => id);
}
