/** Rows of artifacts, which say what is stored and hold on to it by the rows that refer to them. @module */
import pRetry from 'p-retry';
import type { ArtifactStore, Record } from './artifacts.js';
import type { DatabaseClient, Transaction } from './database.js';
import { isForeignKeyViolation, StoreUnavailable } from './errors.js';
import { Prisma } from './generated/client.js';

export interface ArtifactDescription {
  readonly mediaType: string;
  /** [height, width, channels], where the bytes are images one after the other. */
  readonly imageShape?: number[];
  /** Whether this machine is about to read the bytes as a file. */
  readonly isReadHere?: boolean;
}

/** Each try fails only where somebody deletes the same bytes in the few milliseconds that it takes: a fifth of them, with six who do nothing else. */
const AGAIN = { retries: 20, minTimeout: 1, maxTimeout: 50, randomize: true };

export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes the row of an artifact that is being stored. It is locked while the bytes come to their place, as it is while both are deleted: there is never one without
 * the other for others to see.
 * @param refer what refers to the row in the same transaction.
 */
export const recordArtifact =
  (
    prisma: DatabaseClient,
    { mediaType, imageShape = [] }: ArtifactDescription,
    refer: (tx: Transaction, id: string) => Promise<void> = () => Promise.resolve(),
  ): Record =>
  ({ id, size }, keep) =>
    prisma.$transaction(async (tx) => {
      const images = imageShape.length > 0 ? { mediaType, imageShape } : {};
      const again = { createdAt: new Date(), missingSince: null, ...images };
      await tx.artifact.upsert({ where: { id }, create: { id, size, mediaType, imageShape }, update: again });
      await keep();
      await refer(tx, id);
    });

/** Stores bytes with their row. Until something refers to the row, {@link releaseArtifacts} and {@link deleteUnreferenced} delete both. */
export async function storeArtifact(
  prisma: DatabaseClient,
  store: ArtifactStore,
  bytes: Bytes,
  description: ArtifactDescription,
): Promise<string> {
  return (await store.put(bytes, recordArtifact(prisma, description), description.isReadHere)).id;
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
 * Deletes those of the artifacts that nothing refers to any more. Call it after the transaction that dropped a reference. Where the store is away, the sweep
 * deletes them later.
 * @returns ids of the artifacts deleted.
 */
export async function releaseArtifacts(prisma: DatabaseClient, store: ArtifactStore, ids: readonly (string | null)[]): Promise<string[]> {
  const candidates = [...new Set(ids.filter((id) => id !== null))];
  if (candidates.length === 0) return [];
  try {
    return await deleteUnused(prisma, store, Prisma.sql`a."id" IN (${Prisma.join(candidates)})`);
  } catch (error) {
    if (error instanceof StoreUnavailable) return [];
    throw error;
  }
}

/** Artifacts that are deleted in one transaction, each by a call to the store. */
const BATCH = 100;

/** Deletes artifacts that a crash left without reference. Younger ones may be about to get one. @returns how many. */
export async function deleteUnreferenced(prisma: DatabaseClient, store: ArtifactStore, before: Date): Promise<number> {
  for (let count = 0; ;) {
    const deleted = await deleteUnused(prisma, store, Prisma.sql`a."createdAt" < ${before}`, Prisma.sql`LIMIT ${BATCH}`);
    count += deleted.length;
    if (deleted.length < BATCH) return count;
  }
}

async function deleteUnused(prisma: DatabaseClient, store: ArtifactStore, condition: Prisma.Sql, limit = Prisma.empty): Promise<string[]> {
  const unused = Prisma.sql`${condition}
    AND NOT EXISTS (SELECT FROM "Upload" u WHERE u."artifactId" = a."id")
    AND NOT EXISTS (SELECT FROM "Model" m WHERE m."artifactId" = a."id")
    AND NOT EXISTS (SELECT FROM "Dataset" d WHERE d."artifactId" = a."id")
    AND NOT EXISTS (SELECT FROM "Evaluation" e WHERE e."imagesArtifactId" = a."id")
    AND NOT EXISTS (SELECT FROM "JobPart" s WHERE s."artifactId" = a."id")
    AND NOT EXISTS (SELECT FROM "TrainingPoint" p WHERE p."checkpointId" = a."id")`;
  return prisma.$transaction(async (tx) => {
    const locked = await tx.$queryRaw<{ id: string }[]>`
      SELECT a."id" FROM "Artifact" a WHERE ${unused} ORDER BY a."id" ${limit} FOR UPDATE`;
    if (locked.length === 0) return [];
    const ids = locked.map(({ id }) => id);
    // Looks again: a transaction that was adding a reference when the row was to be locked has committed by now.
    const deleted = await tx.$queryRaw<{ id: string }[]>`
      DELETE FROM "Artifact" a WHERE a."id" = ANY(${ids}) AND ${unused} RETURNING a."id"`;
    for (const { id } of deleted) await store.delete(id);
    return deleted.map(({ id }) => id);
  });
}
