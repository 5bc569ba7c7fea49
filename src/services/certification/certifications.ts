/** Asking for certifications. @module */
import type { Judging } from '../../compute/distances/index.js';
import { defaultJudging, type Smoothing } from '../../compute/evaluation/index.js';
import { DomainError } from '../../errors.js';
import { CERTIFICATION } from '../../jobs/certification/handler.js';
import type { JobQueue } from '../../jobs/queue.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { Capacity } from '../job/capacity.js';
import { checkFit, checkRange, checkReady } from '../evaluation/evaluation-request.js';
import { findDataset } from '../dataset/find-dataset.js';
import type { Principal } from '../token/principal.js';
import { answering, hashOf, withUniqueJobs } from '../job/unique-requests.js';
import { checkRanges, type Ranges } from '../statistics/ranges.js';
import { visibleClient } from '../access/visibility.js';

export interface CertificationRequest extends Smoothing {
  readonly modelId: string | undefined;
  readonly datasetId: string | undefined;
  readonly sampleCount?: number | null;
  readonly offset: number;
  readonly seed: number;
  /** Undefined: the data set's default. */
  readonly judging?: Judging;
}

const LIMITS: Ranges<keyof Smoothing> = {
  sigma: [0.001, 100],
  selectionSamples: [1, 1_000_000],
  estimationSamples: [1, 10_000_000],
  alpha: [1e-9, 0.5],
};

export class CertificationService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
  ) {}

  /** What was asked for before is found, not queued again. */
  async start(principal: Principal, request: CertificationRequest) {
    const { prisma, compute } = this.environment;
    const { modelId, datasetId, sigma, selectionSamples, estimationSamples, alpha, seed } = request;
    const smoothing = { sigma, selectionSamples, estimationSamples, alpha };
    checkRanges(LIMITS, smoothing);
    const model = modelId && (await visibleClient(prisma, principal).model.findUnique({ where: { id: modelId } }));
    if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['modelId']);
    const dataset = await findDataset(prisma, datasetId);
    checkFit(checkReady(model), dataset);
    const range = checkRange(dataset, request.offset, request.sampleCount);
    const judging = request.judging ?? defaultJudging(dataset);
    const columns = { modelId: model.id, datasetId: dataset.id, ...smoothing, ...range, seed, judging };
    const engine = await compute.engine();
    const activeRequestHash = hashOf(CERTIFICATION, columns, dataset.fingerprint, engine.kind, engine.provider);
    return withUniqueJobs(prisma, async (tx) => {
      const known = await tx.certification.findFirst({ where: answering(activeRequestHash), include: { job: true } });
      if (known) return known;
      await this.capacity.checkJobs(tx, principal, 1);
      const job = await tx.job.create({
        data: { owner: principal.name, kind: CERTIFICATION, total: range.sampleCount, unit: 'images', activeRequestHash },
      });
      const certification = await tx.certification.create({ data: { ...columns, jobId: job.id }, include: { job: true } });
      await this.queue.plan(tx, job.id);
      return certification;
    });
  }
}
