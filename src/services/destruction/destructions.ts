/** Asking for destruction rates. @module */
import { findTransformation, type TransformationStep } from '../../compute/data/index.js';
import { DomainError } from '../../errors.js';
import { DESTRUCTION } from '../../jobs/destruction/handler.js';
import type { JobQueue } from '../../jobs/queue.js';
import type { JobEnvironment } from '../../jobs/types.js';
import { toJson } from '../../storage/json.js';
import type { Capacity } from '../job/capacity.js';
import { toDomainErrors } from '../domain-errors.js';
import { answering, hashOf, joinJobs, withUniqueJobs } from '../job/unique-requests.js';
import type { Principal } from '../token/principal.js';
import { checkMayUse, visibleClient } from '../access/visibility.js';

export interface DestructionRequest {
  readonly evaluationId: string | undefined;
  /** Each a sequence of steps. */
  readonly transformations: readonly (readonly TransformationStep[])[];
  readonly seed: number;
}

const MAX_TRANSFORMATIONS = 100;
const MAX_STEPS = 10;

export class DestructionService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
  ) {}

  /** What was asked for before is found, not queued again. */
  async start(principal: Principal, { evaluationId, transformations, seed }: DestructionRequest) {
    const { prisma } = this.environment;
    await checkTransformations(transformations);
    const evaluation =
      evaluationId &&
      (await visibleClient(prisma, principal).evaluation.findUnique({ where: { id: evaluationId }, include: { job: true, model: true } }));
    if (!evaluation) throw new DomainError('NOT_FOUND', 'There is no evaluation with this id.', ['evaluationId']);
    checkMayUse(principal, evaluation.model, ['evaluationId']);
    if (evaluation.job.state !== 'SUCCEEDED') throw validationError('The evaluation has not succeeded. Wait for its job.', 'evaluationId');
    if (!evaluation.imagesArtifactId)
      throw validationError('The evaluation kept no images. Start it again with `keepImages: true`.', 'evaluationId');
    const request = { evaluationId: evaluation.id, transformations: toJson(transformations), seed };
    const activeRequestHash = hashOf(DESTRUCTION, request);
    return withUniqueJobs(prisma, async (tx) => {
      const known = await tx.destruction.findFirst({ where: answering(activeRequestHash), include: { job: true } });
      if (known) {
        await joinJobs(tx, principal, [known.job]);
        return known;
      }
      await this.capacity.checkJobs(tx, principal, 1);
      const job = await tx.job.create({
        data: { owner: principal.name, kind: DESTRUCTION, total: transformations.length, unit: 'transformations', activeRequestHash },
      });
      const destruction = await tx.destruction.create({ data: { ...request, jobId: job.id }, include: { job: true } });
      await this.queue.plan(tx, job.id);
      return destruction;
    });
  }
}

/** @throws DomainError VALIDATION or LIMIT_EXCEEDED. */
async function checkTransformations(transformations: DestructionRequest['transformations']): Promise<void> {
  if (transformations.length === 0) throw validationError('Name at least one transformation.', 'transformations');
  if (transformations.length > MAX_TRANSFORMATIONS || transformations.some((steps) => steps.length > MAX_STEPS)) {
    const message = `A request may name ${MAX_TRANSFORMATIONS} transformations of ${MAX_STEPS} steps each at most.`;
    throw new DomainError('LIMIT_EXCEEDED', message, ['transformations']);
  }
  for (const [i, steps] of transformations.entries()) {
    if (steps.length === 0) throw validationError('Give each sequence at least one transformation.', 'transformations', String(i));
    await toDomainErrors(() => steps.forEach(findTransformation), ['transformations', String(i)]);
  }
}

const validationError = (message: string, ...path: string[]) => new DomainError('VALIDATION', message, path);
