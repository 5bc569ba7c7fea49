/** What takes the space of the artifact store, by owner and by what it is for. @module */
import type { DatabaseClient } from '../../storage/database.js';
import { Prisma } from '../../storage/generated/client.js';
import type { Principal } from '../token/principal.js';

export type StorageKind = 'CHECKPOINTS' | 'DATASETS' | 'IMAGES' | 'MODELS' | 'PARTS' | 'UPLOADS';

export interface StorageUse {
  readonly owner: string;
  readonly kind: StorageKind;
  /** Things of this kind that have bytes. */
  readonly count: number;
  /** Bytes that several of an owner's things share count once. */
  readonly bytes: number;
}

/** Every owner, thing and artifact. Bytes that were lost take no space. */
const HELD = Prisma.sql`
  SELECT "owner", 'MODELS' AS "kind", "id"::text, "artifactId" FROM "Model"
  UNION ALL SELECT "owner", 'DATASETS', "id"::text, "artifactId" FROM "Dataset"
  UNION ALL SELECT "owner", 'UPLOADS', "id"::text, "artifactId" FROM "Upload"
  UNION ALL SELECT j."owner", 'IMAGES', e."id"::text, e."imagesArtifactId" FROM "Evaluation" e JOIN "Job" j ON j."id" = e."jobId"
  UNION ALL SELECT j."owner", 'PARTS', p."id"::text, p."artifactId" FROM "JobPart" p JOIN "Job" j ON j."id" = p."jobId"
  UNION ALL SELECT j."owner", 'CHECKPOINTS', r."id"::text || ' ' || p."step", p."checkpointId"
    FROM "TrainingPoint" p JOIN "TrainingRun" r ON r."id" = p."trainingRunId" JOIN "Job" j ON j."id" = r."jobId"`;

/** Admins see that of all owners, others their own. @returns the largest first. */
export async function storageUse(prisma: DatabaseClient, { name, role }: Principal): Promise<StorageUse[]> {
  const seen = role === 'ADMIN' ? Prisma.sql`TRUE` : Prisma.sql`h."owner" = ${name}`;
  const rows = await prisma.$queryRaw<{ owner: string; kind: StorageKind; count: bigint; bytes: Prisma.Decimal }[]>`
    SELECT o."owner", o."kind", sum(o."things")::bigint AS "count", sum(a."size") AS "bytes"
    FROM (SELECT h."owner", h."kind", h."artifactId", count(*) AS "things" FROM (${HELD}) h
      WHERE h."artifactId" IS NOT NULL AND ${seen} GROUP BY 1, 2, 3) o
    JOIN "Artifact" a ON a."id" = o."artifactId" AND a."missingSince" IS NULL
    GROUP BY 1, 2 ORDER BY "bytes" DESC, "owner", "kind"`;
  return rows.map(({ owner, kind, count, bytes }) => ({ owner, kind, count: Number(count), bytes: Number(bytes) }));
}
