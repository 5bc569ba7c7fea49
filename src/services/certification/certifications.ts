/** Asking for certifications. @module */
import type { Device } from '../../storage/generated/client.js';
import type { Judging } from '../../compute/distances/index.js';
import { type CertificationMethod, defaultJudging, isBounds, type Smoothing } from '../../compute/evaluation/index.js';
import { DomainError } from '../../errors.js';
import { CERTIFICATION } from '../../jobs/certification/handler.js';
import type { JobQueue } from '../../jobs/queue.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { Capacity } from '../job/capacity.js';
import { checkJudging, checkFit, checkRange, checkReady } from '../evaluation/evaluation-request.js';
import { findDataset } from '../dataset/find-dataset.js';
import type { Principal } from '../token/principal.js';
import { answering, hashOf, joinJobs, withUniqueJobs } from '../job/unique-requests.js';
import { checkRanges, type Ranges } from '../statistics/ranges.js';
import { checkMayUse, visibleClient } from '../access/visibility.js';

export interface CertificationRequest extends Omit<Smoothing, 'sigma'> {
  /** Needed by all methods with noise, and by no other. */
  readonly sigma?: number;
  readonly modelId: string | undefined;
  readonly datasetId: string | undefined;
  readonly sampleCount?: number | null;
  readonly offset: number;
  readonly seed: number;
  /** Undefined: the data set's default. */
  readonly judging?: Judging;
  /** Of a new job. Default: AUTO. */
  readonly device?: Device;
}

const LIMITS: Ranges<Exclude<keyof Smoothing, 'method' | 'stopRadii'>> = {
  sigma: [0.001, 100],
  selectionSamples: [1, 1_000_000],
  estimationSamples: [1, 10_000_000],
  alpha: [1e-9, 0.5],
};

/** @throws DomainError VALIDATION where it is missing, or belongs to no noise. @returns 0 without noise. */
function checkSigma({ sigma }: CertificationRequest, method: CertificationMethod): number {
  if (isBounds(method)) {
    if (sigma === undefined || sigma === null) return 0;
    throw new DomainError('VALIDATION', `${method} adds no noise: leave \`sigma\` out.`, ['sigma']);
  }
  if (sigma !== undefined && sigma !== null) return sigma;
  throw new DomainError('VALIDATION', `${method} adds noise: give its standard deviation, \`sigma\`.`, ['sigma']);
}

export class CertificationService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
  ) {}

  /** What was asked for before is found, not queued again. */
  async start(principal: Principal, request: CertificationRequest) {
    const { prisma, compute } = this.environment;
    const { modelId, datasetId, selectionSamples, estimationSamples, alpha, seed } = request;
    const { method = 'SMOOTHING', stopRadii = [] } = request;
    const sigma = checkSigma(request, method);
    checkRanges(LIMITS, { sigma: isBounds(method) ? 1 : sigma, selectionSamples, estimationSamples, alpha });
    if (stopRadii.some((radius) => !(radius > 0 && radius < 1e6)) || (stopRadii.length > 0 && !method.startsWith('SMOOTHING')))
      throw new DomainError('VALIDATION', '`stopRadii` are positive, and belong to SMOOTHING and SMOOTHING_L1.', ['stopRadii']);
    // Nothing of noise tells two certifications by bounds apart.
    const noise = isBounds(method)
      ? { selectionSamples: 0, estimationSamples: 0, alpha: 0 }
      : { selectionSamples, estimationSamples, alpha };
    const smoothing = { method, stopRadii: [...stopRadii].sort((a, b) => a - b), sigma, ...noise };
    const model = modelId && (await visibleClient(prisma, principal).model.findUnique({ where: { id: modelId } }));
    if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', ['modelId']);
    checkMayUse(principal, model, ['modelId']);
    const dataset = await findDataset(visibleClient(prisma, principal), datasetId);
    checkFit(checkReady(model), dataset);
    if (isBounds(method) && model.access !== 'GRADIENT')
      throw new DomainError('VALIDATION', 'Bounds need the network itself, and the model is a black box. Certify it by smoothing.', [
        'method',
      ]);
    const range = checkRange(dataset, request.offset, request.sampleCount);
    const judging = request.judging ?? defaultJudging(dataset);
    checkJudging(dataset, judging);
    const columns = { modelId: model.id, datasetId: dataset.id, ...smoothing, ...range, seed, judging };
    const engine = await compute.engine();
    const { method: _, stopRadii: __, ...first } = columns;
    // As before there were methods, so that what was computed then is found.
    const hashed = method === 'SMOOTHING' && stopRadii.length === 0 ? first : columns;
    const activeRequestHash = hashOf(CERTIFICATION, hashed, dataset.fingerprint, engine.kind, engine.provider);
    return withUniqueJobs(prisma, async (tx) => {
      const known = await tx.certification.findFirst({ where: answering(activeRequestHash), include: { job: true } });
      if (known) {
        await joinJobs(tx, principal, [known.job]);
        return known;
      }
      await this.capacity.checkJobs(tx, principal, 1);
      const job = await tx.job.create({
        data: {
          owner: principal.name,
          kind: CERTIFICATION,
          total: range.sampleCount,
          unit: 'images',
          device: request.device,
          activeRequestHash,
        },
      });
      const certification = await tx.certification.create({ data: { ...columns, jobId: job.id }, include: { job: true } });
      await this.queue.plan(tx, job.id);
      return certification;
    });
  }
}
