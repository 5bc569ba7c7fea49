/** What one principal may take up, and all together. Checked inside the transaction that takes it. @module */
import { DomainError } from '../../errors.js';
import type { DatabaseClient, Transaction } from '../../storage/database.js';
import type { Principal } from '../token/principal.js';

export interface CapacityLimits {
  /** Jobs waiting or running, of all. */
  readonly maxPending: number;
  /** Jobs waiting or running, of one principal. */
  readonly maxPendingPerPrincipal: number;
  /** Seconds of computing a day (UTC), of one principal; Infinity: no limit. */
  readonly maxComputeSeconds: number;
  /** Uploads of one principal that have not become a model. */
  readonly maxUploads: number;
  /** Size of one upload. */
  readonly maxUploadBytes: number;
  /** Bytes of a principal's uploads, models, kept images and checkpoints together. */
  readonly maxStoredBytes: number;
}

interface Quota {
  readonly used: number;
  /** Null: no limit. */
  readonly limit: number | null;
}

export type PrincipalQuotas = Readonly<Record<'jobs' | 'computeSeconds' | 'uploads' | 'storedBytes', Quota>>;

/** Whoever computed, and whatever came of it. */
async function computeSecondsToday(tx: Transaction | DatabaseClient, owner: string): Promise<number> {
  const day = new Date(new Date().toISOString().slice(0, 10));
  return (await tx.computeUse.findUnique({ where: { owner_day: { owner, day } } }))?.seconds ?? 0;
}

export class Capacity {
  constructor(readonly limits: CapacityLimits) {}

  /** @throws DomainError QUEUE_FULL */
  async checkJobs(tx: Transaction, { name }: Principal, more: number): Promise<void> {
    await this.lock(tx, { name });
    const { maxPending, maxPendingPerPrincipal } = this.limits;
    const { maxComputeSeconds } = this.limits;
    const spent = maxComputeSeconds === Infinity ? 0 : await computeSecondsToday(tx, name);
    if (spent >= maxComputeSeconds) {
      throw new DomainError(
        'QUEUE_FULL',
        `Your jobs have computed for ${Math.round(spent)} s today, and this server allows ${maxComputeSeconds} a day. Try again after midnight, UTC.`,
      );
    }
    const batches = await tx.jobBatch.findMany({ select: { id: true, owner: true, jobs: true } });
    // Those of batches count from the start, also where they are not made.
    const alone = batches.length === 0 ? {} : { OR: [{ batchId: null }, { batchId: { notIn: batches.map(({ id }) => id) } }] };
    const state = { in: ['QUEUED' as const, 'RUNNING' as const] };
    const inBatches = (of: typeof batches) => of.reduce((sum, { jobs }) => sum + jobs, 0);
    const own =
      (await tx.job.count({ where: { state, owner: name, ...alone } })) + inBatches(batches.filter(({ owner }) => owner === name));
    if (own + more > maxPendingPerPrincipal) {
      throw new DomainError(
        'QUEUE_FULL',
        `${own} jobs of yours are waiting or running, and this server accepts ${maxPendingPerPrincipal}. Try again later.`,
      );
    }
    const all = (await tx.job.count({ where: { state, ...alone } })) + inBatches(batches);
    if (all + more > maxPending) {
      throw new DomainError('QUEUE_FULL', `${all} jobs are waiting or running, and this server accepts ${maxPending}. Try again later.`);
    }
  }

  /** @param size undefined counts as the largest that it may become. @throws DomainError LIMIT_EXCEEDED */
  async checkUpload(tx: Transaction, principal: Principal, size: number | undefined): Promise<void> {
    await this.lock(tx, principal);
    const { maxUploads, maxUploadBytes } = this.limits;
    const waiting = await tx.upload.count({ where: { owner: principal.name } });
    if (waiting >= maxUploads) {
      throw new DomainError(
        'LIMIT_EXCEEDED',
        `${waiting} uploads of yours wait to become a model, which is the limit. Submit them, or let them expire.`,
      );
    }
    await this.checkStored(tx, principal, size ?? maxUploadBytes, "Declare the upload's size, or delete models.");
  }

  /** @param more bytes to come. @param advice what makes room. @throws DomainError LIMIT_EXCEEDED */
  async checkStored(tx: Transaction, { name: owner }: Principal, more: number, advice: string): Promise<void> {
    const { maxStoredBytes } = this.limits;
    const stored = await this.stored(tx, owner);
    if (stored + more <= maxStoredBytes) return;
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `Your uploads, models, images and checkpoints may have ${maxStoredBytes} bytes together, and have ${stored}. ${advice}`,
    );
  }

  /** Bytes that a principal may still take up. */
  async room(tx: Transaction, { name: owner }: Principal): Promise<number> {
    return Math.max(0, this.limits.maxStoredBytes - (await this.stored(tx, owner)));
  }

  /** What a principal has taken up, and may. */
  async quotas(prisma: DatabaseClient, { name: owner }: Principal): Promise<PrincipalQuotas> {
    const { maxPendingPerPrincipal, maxComputeSeconds, maxUploads, maxStoredBytes } = this.limits;
    return {
      jobs: { used: await prisma.job.count({ where: { owner, state: { in: ['QUEUED', 'RUNNING'] } } }), limit: maxPendingPerPrincipal },
      computeSeconds: {
        used: await computeSecondsToday(prisma, owner),
        limit: maxComputeSeconds === Infinity ? null : maxComputeSeconds,
      },
      uploads: { used: await prisma.upload.count({ where: { owner } }), limit: maxUploads },
      storedBytes: { used: await this.stored(prisma, owner), limit: maxStoredBytes },
    };
  }

  /** Bytes of a principal. */
  private async stored(tx: Transaction | DatabaseClient, owner: string): Promise<number> {
    const uploads = await tx.upload.findMany({ where: { owner }, select: { size: true } });
    const job = { owner };
    const { _sum } = await tx.artifact.aggregate({
      where: {
        // Lost bytes take up no room.
        missingSince: null,
        OR: [
          { models: { some: { owner } } },
          { datasets: { some: { owner } } },
          { evaluations: { some: { job } } },
          { trainingPoints: { some: { trainingRun: { job } } } },
        ],
      },
      _sum: { size: true },
    });
    // Kept images that are still to be made. OFFSET 0 has the planner look up the evaluation of each job: without statistics it goes through all of them for each.
    const [reserved] = await tx.$queryRaw<[{ bytes: number | null }]>`
      SELECT sum(e."sampleCount"::float8 * d."imageShape"[1] * d."imageShape"[2] * d."imageShape"[3]
        * CASE e."judging" WHEN 'FLOAT' THEN 4 ELSE 1 END) AS "bytes"
      FROM (
          SELECT "id" FROM "Job" WHERE "owner" = ${owner} AND "state" IN ('QUEUED', 'RUNNING')
            AND NOT EXISTS (SELECT FROM "JobBatch" b WHERE b."id" = "batchId") OFFSET 0
        ) j
        CROSS JOIN LATERAL (SELECT * FROM "Evaluation" WHERE "jobId" = j."id" OFFSET 0) e
        JOIN "Dataset" d ON d."id" = e."datasetId"
      WHERE e."keepImages" AND e."imagesArtifactId" IS NULL`;
    const { _sum: inBatches } = await tx.jobBatch.aggregate({ where: { owner }, _sum: { bytes: true } });
    const uploading = uploads.reduce((sum, upload) => sum + Number(upload.size ?? this.limits.maxUploadBytes), 0);
    return uploading + Number(_sum.size ?? 0) + (reserved.bytes ?? 0) + Number(inBatches.bytes ?? 0);
  }

  /** Requests of one principal that come together are counted one after the other. */
  async lock(tx: Transaction, { name }: Pick<Principal, 'name'>): Promise<void> {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${name}))`;
  }
}
