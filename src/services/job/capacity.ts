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
    await this.lock(tx, name);
    const { maxPending, maxPendingPerPrincipal } = this.limits;
    const { maxComputeSeconds } = this.limits;
    const spent = maxComputeSeconds === Infinity ? 0 : await computeSecondsToday(tx, name);
    if (spent >= maxComputeSeconds) {
      throw new DomainError(
        'QUEUE_FULL',
        `Your jobs have computed for ${Math.round(spent)} s today, and this server allows ${maxComputeSeconds} a day. Try again after midnight, UTC.`,
      );
    }
    const state = { in: ['QUEUED' as const, 'RUNNING' as const] };
    const own = await tx.job.count({ where: { state, owner: name } });
    if (own + more > maxPendingPerPrincipal) {
      throw new DomainError(
        'QUEUE_FULL',
        `${own} jobs of yours are waiting or running, and this server accepts ${maxPendingPerPrincipal}. Try again later.`,
      );
    }
    const all = await tx.job.count({ where: { state } });
    if (all + more > maxPending) {
      throw new DomainError('QUEUE_FULL', `${all} jobs are waiting or running, and this server accepts ${maxPending}. Try again later.`);
    }
  }

  /** @param size undefined counts as the largest that it may become. @throws DomainError LIMIT_EXCEEDED */
  async checkUpload(tx: Transaction, principal: Principal, size: number | undefined): Promise<void> {
    await this.lock(tx, principal.name);
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
        OR: [{ models: { some: { owner } } }, { evaluations: { some: { job } } }, { trainingPoints: { some: { trainingRun: { job } } } }],
      },
      _sum: { size: true },
    });
    const uploading = uploads.reduce((sum, upload) => sum + Number(upload.size ?? this.limits.maxUploadBytes), 0);
    return uploading + Number(_sum.size ?? 0);
  }

  /** Requests of one principal that come together are counted one after the other. */
  private async lock(tx: Transaction, name: string): Promise<void> {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext(${name}))`;
  }
}
