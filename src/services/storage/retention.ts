/** What goes by itself when it is old enough. @module */
import { imported } from '../../compute/evaluation/index.js';
import type { JobEnvironment } from '../../jobs/types.js';
import { releaseArtifacts } from '../../storage/artifact-rows.js';
import type { Prisma } from '../../storage/generated/client.js';
import type { ModelService } from '../model/models.js';
import { SERVER } from '../token/principal.js';

/** In days; undefined: never. */
export interface RetentionAges {
  /** Of adversarial images. */
  readonly imagesDays?: number;
  /** Of models that were rejected. */
  readonly rejectedDays?: number;
  /** Of entries of the audit log. */
  readonly auditDays?: number;
}

/** How many of each went. */
export interface Expired {
  readonly images: number;
  readonly rejectedModels: number;
  readonly auditEntries: number;
}

const DAY_MS = 24 * 3_600_000;
/** Rows that are read together. */
const BATCH = 100;

const isAlive = { state: { in: ['QUEUED' as const, 'RUNNING' as const] } };

export class RetentionService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly models: ModelService,
    private readonly ages: RetentionAges,
  ) {}

  /** Any number of servers may do so at the same time. */
  async expire(now = Date.now()): Promise<Expired> {
    const { imagesDays, rejectedDays, auditDays } = this.ages;
    return {
      images: imagesDays === undefined ? 0 : await this.expireImages(new Date(now - imagesDays * DAY_MS)),
      rejectedModels: rejectedDays === undefined ? 0 : await this.expireRejected(new Date(now - rejectedDays * DAY_MS)),
      auditEntries: auditDays === undefined ? 0 : await this.expireAudit(new Date(now - auditDays * DAY_MS)),
    };
  }

  /** The numbers stay, and who wants the images again gets them by a job that runs the attack again. */
  private async expireImages(before: Date): Promise<number> {
    const { prisma, artifacts } = this.environment;
    const where: Prisma.EvaluationWhereInput = {
      // Nobody could make them again.
      attackKind: { not: imported.kind },
      imagesArtifactId: { not: null },
      finishedAt: { lt: before },
      OR: [{ imagesJobId: null }, { imagesJob: { finishedAt: { lt: before } } }],
      transfers: { none: { job: isAlive } },
      destructions: { none: { job: isAlive } },
    };
    for (let count = 0; ;) {
      const rows = await prisma.evaluation.findMany({
        where,
        select: { id: true, imagesArtifactId: true, imagesJobId: true },
        take: BATCH,
      });
      for (const { id, imagesArtifactId, imagesJobId } of rows) {
        const data = { keepImages: false, imagesArtifactId: null, imagesJobId: null };
        await prisma.$transaction(async (tx) => {
          count += (await tx.evaluation.updateMany({ where: { ...where, id, imagesJobId }, data })).count;
          if (imagesJobId) await tx.job.deleteMany({ where: { id: imagesJobId, imagesOf: null } });
        });
        await releaseArtifacts(prisma, artifacts, [imagesArtifactId]);
      }
      if (rows.length < BATCH) return count;
    }
  }

  private async expireRejected(before: Date): Promise<number> {
    const where: Prisma.ModelWhereInput = {
      status: 'REJECTED',
      OR: [{ job: { finishedAt: { lt: before } } }, { trainingRun: { finishedAt: { lt: before } } }],
    };
    const rows = await this.environment.prisma.model.findMany({ where, select: { id: true } });
    for (const { id } of rows) await this.models.delete(SERVER, id);
    return rows.length;
  }

  private async expireAudit(before: Date): Promise<number> {
    return (await this.environment.prisma.auditEntry.deleteMany({ where: { createdAt: { lt: before } } })).count;
  }
}
