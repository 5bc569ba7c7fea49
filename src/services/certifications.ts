/** Asking for certifications. @module */
import type { Smoothing } from '../compute/smoothing.js';
import { CERTIFICATION } from '../jobs/certification/handler.js';
import type { JobQueue } from '../jobs/queue.js';
import type { JobEnvironment } from '../jobs/types.js';
import { NotFoundError, ValidationError } from '../schema/errors/index.js';
import type { Capacity } from './capacity.js';
import { checkFit, checkRange, checkReady } from './evaluation-request.js';
import type { Principal } from './principal.js';
import { Refused } from './refused.js';
import { visibleClient } from './visibility.js';

export interface CertificationRequest extends Smoothing {
  readonly modelId: string | undefined;
  readonly datasetId: string | undefined;
  readonly sampleCount?: number | null;
  readonly offset: number;
  readonly seed: number;
}

const LIMITS = {
  sigma: [0.001, 100],
  selectionSamples: [1, 1_000_000],
  estimationSamples: [1, 10_000_000],
  alpha: [1e-9, 0.5],
} as const satisfies Record<keyof Smoothing, readonly [number, number]>;

export class CertificationService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
  ) {}

  /** What was asked for before is found, not queued again. */
  async start(principal: Principal, request: CertificationRequest) {
    const { prisma } = this.environment;
    const { modelId, datasetId, sigma, selectionSamples, estimationSamples, alpha, seed } = request;
    const smoothing = { sigma, selectionSamples, estimationSamples, alpha };
    checkSmoothing(smoothing);
    const model = modelId && (await visibleClient(prisma, principal).model.findUnique({ where: { id: modelId } }));
    if (!model) throw new Refused(new NotFoundError('There is no model with this id.', ['modelId']));
    const dataset = datasetId && (await prisma.dataset.findUnique({ where: { id: datasetId } }));
    if (!dataset) throw new Refused(new NotFoundError('There is no data set with this id.', ['datasetId']));
    checkFit(checkReady(model), dataset);
    const range = checkRange(dataset, request.offset, request.sampleCount);
    const columns = { modelId: model.id, datasetId: dataset.id, ...smoothing, ...range, seed };
    return prisma.$transaction(async (tx) => {
      const known = await tx.certification.findFirst({
        where: { ...columns, job: { state: { notIn: ['FAILED', 'CANCELLED'] } } },
        include: { job: true },
      });
      if (known) return known;
      await this.capacity.checkJobs(tx, principal, 1);
      const job = await tx.job.create({
        data: { owner: principal.name, kind: CERTIFICATION, total: range.sampleCount, unit: 'images' },
      });
      const certification = await tx.certification.create({ data: { ...columns, jobId: job.id }, include: { job: true } });
      await this.queue.send(tx, CERTIFICATION, job.id);
      return certification;
    });
  }
}

/** @throws ValidationError naming the field and its range. */
function checkSmoothing(smoothing: Smoothing): void {
  for (const [name, [least, most]] of Object.entries(LIMITS) as [keyof Smoothing, readonly [number, number]][]) {
    const value = smoothing[name];
    if (value >= least && value <= most) continue;
    throw new Refused(new ValidationError(`${name} is ${value}; give a number from ${least} to ${most}.`, [name]));
  }
}
