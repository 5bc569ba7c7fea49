/** Asking for evaluations. @module */
import type { ParameterValues } from '../../compute/parameters/index.js';
import type { Judging } from '../../compute/distances/index.js';
import { defaultJudging } from '../../compute/evaluation/index.js';
import { DomainError } from '../../errors.js';
import { EVALUATION } from '../../jobs/evaluation/handler.js';
import { IMAGES } from '../../jobs/evaluation/images-handler.js';
import type { JobQueue } from '../../jobs/queue.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import { sourceRowIds } from '../../storage/source-models.js';
import type { Transaction } from '../../storage/database.js';
import type { Dataset, Job, Prisma } from '../../storage/generated/client.js';
import type { ReadyModel } from '../../storage/ready-model.js';
import {
  checkAllowed,
  checkAttack,
  checkFit,
  checkPredictions,
  checkRange,
  checkReady,
  requestHash,
  withBudgets,
  type HashedRequest,
  type RequestedAttack,
} from './evaluation-request.js';
import type { Capacity } from '../job/capacity.js';
import { answering, hashOf, withUniqueJobs } from '../job/unique-requests.js';
import { findDataset } from '../dataset/find-dataset.js';
import type { Principal } from '../token/principal.js';
import { visibleClient } from '../access/visibility.js';

export interface EvaluationRequest {
  readonly modelIds: readonly (string | undefined)[];
  readonly datasetId: string | undefined;
  readonly attacks: readonly RequestedAttack[];
  /** Budgets in place of the attacks' own. */
  readonly epsilons?: readonly number[];
  readonly sampleCount?: number | null;
  readonly offset: number;
  readonly seed: number;
  readonly keepImages: boolean;
  /** Undefined: the data set's default. */
  readonly judging?: Judging;
  /** Default: 1. */
  readonly predictions?: number;
}

/** One evaluation to be. */
export interface Planned extends Omit<HashedRequest, 'model' | 'dataset'> {
  readonly model: ReadyModel;
  readonly dataset: Dataset;
  readonly keepImages: boolean;
  readonly hash: string;
}

/** Found or new, with the job that computes it or, where it has numbers but no images yet, those. */
export type QueuedEvaluation = EvaluationRow & { job: Job };

/** Models times attacks times budgets in one request. */
const MAX_EVALUATIONS = 1000;

export class EvaluationService {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
  ) {}

  /** One evaluation for each model, attack and budget, in this order; those that were asked for before are found, not queued again. */
  async start(principal: Principal, request: EvaluationRequest) {
    return this.withEvaluations(principal, await this.plan(principal, request), (_tx, evaluations) => Promise.resolve(evaluations));
  }

  /**
   * Finds or queues evaluations and, in the same transaction, does what rests on them.
   * @param use gets an evaluation for each that was planned, in this order.
   */
  async withEvaluations<Result>(
    principal: Principal,
    planned: readonly Planned[],
    use: (tx: Transaction, evaluations: QueuedEvaluation[]) => Promise<Result>,
  ): Promise<Result> {
    return withUniqueJobs(this.environment.prisma, async (tx) => use(tx, await this.findOrQueue(tx, principal, planned)));
  }

  /** @param member of the client's input that names the models. */
  async plan(principal: Principal, request: EvaluationRequest, member = 'modelIds'): Promise<Planned[]> {
    const { prisma, compute } = this.environment;
    if (request.attacks.length === 0) throw new DomainError('VALIDATION', 'Name at least one attack.', ['attacks']);
    const requested = withBudgets(request.attacks, request.epsilons);
    if (request.modelIds.length * requested.length > MAX_EVALUATIONS) {
      throw new DomainError(
        'LIMIT_EXCEEDED',
        `A request may ask for ${MAX_EVALUATIONS} evaluations (models times attacks times budgets) at most.`,
        ['attacks'],
      );
    }
    const dataset = await findDataset(prisma, request.datasetId);
    const models = await this.models(principal, request.modelIds, member);
    const range = checkRange(dataset, request.offset, request.sampleCount);
    for (const model of models) checkFit(model, dataset);
    const attacks = await Promise.all(
      requested.map(async ({ definition, parameters, position }) => ({
        attack: definition,
        parameters: await checkAttack(definition, parameters, dataset, ['attacks', String(position), definition.name], range.sampleCount),
        position,
      })),
    );
    for (const { attack, parameters, position } of attacks) {
      await this.checkSources(principal, parameters, dataset, ['attacks', String(position), attack.name, 'sourceModelIds']);
    }
    for (const model of models) {
      for (const { attack, parameters, position } of attacks) await checkAllowed(model, attack, parameters, position);
    }
    const engine = await compute.engine();
    const { seed, keepImages, judging = defaultJudging(dataset), predictions = 1 } = request;
    checkPredictions(predictions);
    return models.flatMap((model) =>
      attacks.map(({ attack, parameters }) => {
        const one = { model, dataset, attack, parameters, ...range, seed, keepImages, judging, predictions, engine };
        return { ...one, hash: requestHash(one) };
      }),
    );
  }

  /** Models that an attack's parameters name, of which it needs gradients. @param path of the list in the client's input. */
  private async checkSources(principal: Principal, parameters: ParameterValues, dataset: Dataset, path: readonly string[]): Promise<void> {
    const ids = sourceRowIds(parameters);
    if (ids.length === 0) return;
    for (const [i, model] of (await this.models(principal, ids, ...path)).entries()) {
      checkFit(model, dataset, [...path, String(i)]);
      if (model.access === 'GRADIENT') continue;
      const message = `"${model.name}" is a black box, and images are made by the gradients of the source models. Choose a model with gradients.`;
      throw new DomainError('VALIDATION', message, [...path, String(i)]);
    }
  }

  /** @param path in the client's input of the list that names them. */
  async models(principal: Principal, ids: readonly (string | undefined)[], ...path: string[]): Promise<ReadyModel[]> {
    if (ids.length === 0) throw new DomainError('VALIDATION', 'Name at least one model.', path);
    const known = ids.filter((id) => id !== undefined);
    const prisma = visibleClient(this.environment.prisma, principal);
    const rows = new Map((await prisma.model.findMany({ where: { id: { in: known } } })).map((row) => [row.id, row]));
    return ids.map((id, i) => {
      const model = id && rows.get(id);
      if (!model) throw new DomainError('NOT_FOUND', 'There is no model with this id.', [...path, String(i)]);
      return checkReady(model, [...path, String(i)]);
    });
  }

  private async findOrQueue(tx: Transaction, principal: Principal, planned: readonly Planned[]): Promise<QueuedEvaluation[]> {
    const hashes = [...new Set(planned.map(({ hash }) => hash))];
    const withImages = new Set(planned.flatMap(({ hash, keepImages }) => (keepImages ? [hash] : [])));
    const found = await tx.evaluation.findMany({ where: answering(...hashes), include: { job: true, imagesJob: true } });
    const rows = new Map<string, QueuedEvaluation>(
      found.map(({ imagesJob, ...row }) => [row.requestHash, { ...row, job: imagesJob ?? row.job }]),
    );
    const missing = hashes.filter((hash) => !rows.has(hash)).map((hash) => planned.find((one) => one.hash === hash)!);
    const imageless = found.filter((row) => withImages.has(row.requestHash) && !row.keepImages && !row.imagesJob);
    const more = missing.length + imageless.length;
    if (more > 0) await this.capacity.checkJobs(tx, principal, more);
    for (const one of missing) rows.set(one.hash, await this.create(tx, principal, { ...one, keepImages: withImages.has(one.hash) }));
    for (const row of imageless) rows.set(row.requestHash, await this.addImages(tx, principal, row));
    return planned.map(({ hash }) => rows.get(hash)!);
  }

  /** Of an evaluation that waits, by a change of its mind; of others, by a job that runs the attack again. */
  private async addImages(tx: Transaction, principal: Principal, row: QueuedEvaluation): Promise<QueuedEvaluation> {
    // A worker that is about to take the job waits for this transaction, and then reads that images are kept.
    const { count } = await tx.job.updateMany({ where: { id: row.jobId, state: 'QUEUED' }, data: { updatedAt: new Date() } });
    if (count > 0) return tx.evaluation.update({ where: { id: row.id }, data: { keepImages: true }, include: { job: true } });
    const activeRequestHash = hashOf(IMAGES, row.id);
    const job = await tx.job.create({
      data: { owner: principal.name, kind: IMAGES, total: row.sampleCount, unit: 'images', activeRequestHash },
    });
    const evaluation = await tx.evaluation.update({ where: { id: row.id }, data: { imagesJobId: job.id } });
    await this.queue.plan(tx, job.id);
    return { ...evaluation, job };
  }

  private async create(tx: Transaction, principal: Principal, one: Planned): Promise<QueuedEvaluation> {
    const { norm, epsilon } = one.attack.budget(one.parameters, one.dataset.imageShape);
    const job = await tx.job.create({
      data: { owner: principal.name, kind: EVALUATION, total: one.sampleCount, unit: 'images', activeRequestHash: one.hash },
    });
    const evaluation = await tx.evaluation.create({
      include: { job: true },
      data: {
        modelId: one.model.id,
        datasetId: one.dataset.id,
        jobId: job.id,
        attackKind: one.attack.kind,
        parameters: one.parameters as Prisma.InputJsonObject,
        norm,
        epsilon: Number.isFinite(epsilon) ? epsilon : null,
        offset: one.offset,
        sampleCount: one.sampleCount,
        seed: one.seed,
        keepImages: one.keepImages,
        judging: one.judging,
        predictions: one.predictions,
        imagesArtifactId: one.images,
        requestHash: one.hash,
      },
    });
    await this.queue.plan(tx, job.id);
    return evaluation;
  }
}
