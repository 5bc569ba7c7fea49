/** Finds evaluations that were requested before, and queues the others with their jobs. @module */
import { randomUUID } from 'node:crypto';
import pRetry from 'p-retry';
import { BatchLost, completeBatch, dropBatch, touchBatch } from '../../jobs/batches.js';
import { EVALUATION } from '../../jobs/evaluation/handler.js';
import { IMAGES } from '../../jobs/evaluation/images-handler.js';
import type { JobEnvironment } from '../../jobs/types.js';
import type { Transaction } from '../../storage/database.js';
import type { EvaluationRow } from '../../storage/evaluation-row.js';
import type { Dataset, Device, Job, Prisma } from '../../storage/generated/client.js';
import type { ReadyModel } from '../../storage/ready-model.js';
import { sourceRowIds } from '../../storage/source-models.js';
import type { Capacity } from '../job/capacity.js';
import { answering, checkNoBatch, hashOf, joinJobs, withUniqueJobs } from '../job/unique-requests.js';
import { AT_ONCE, inTurns } from '../job/turns.js';
import type { Principal } from '../token/principal.js';
import type { HashedRequest } from './evaluation-request.js';

/** One evaluation to be. */
export interface Planned extends Omit<HashedRequest, 'model' | 'dataset'> {
  readonly model: ReadyModel;
  readonly dataset: Dataset;
  readonly keepImages: boolean;
  readonly device?: Device;
  readonly hash: string;
}

/** Found or new, with the job that computes it or, where it has numbers but no images yet, those. */
export type QueuedEvaluation = EvaluationRow & { job: Job };

/** An evaluation of a request, once. */
interface Wanted extends Planned {
  /** Lists that are ordered by time keep the order in which they were asked for. */
  readonly createdAt: Date;
}

/** With the job that answers, which is to be planned where it is new. */
interface FoundOrMade {
  readonly rows: Map<string, QueuedEvaluation>;
  readonly newJobIds: readonly string[];
}

export class EvaluationQueue {
  constructor(
    private readonly environment: JobEnvironment,
    private readonly capacity: Capacity,
  ) {}

  /**
   * Finds or queues evaluations and, when all are there, does what rests on them in a transaction. Many are made a few at a time: jobs/batches.ts.
   * @param use gets an evaluation for each that was planned, in this order.
   */
  findOrQueue<Result>(
    principal: Principal,
    planned: readonly Planned[],
    use: (tx: Transaction, evaluations: QueuedEvaluation[]) => Promise<Result>,
  ): Promise<Result> {
    const { prisma, queue } = this.environment;
    const wanted = eachOnce(planned);
    const useAll = (tx: Transaction, rows: ReadonlyMap<string, QueuedEvaluation>) =>
      use(
        tx,
        planned.map(({ hash }) => rows.get(hash)!),
      );
    if (wanted.length <= AT_ONCE) {
      return withUniqueJobs(prisma, async (tx) => {
        await this.checkRoom(tx, principal, wanted);
        const { rows, newJobIds } = await this.findOrMake(tx, principal, wanted);
        if (newJobIds.length > 0) await queue.plan(tx, ...newJobIds);
        return useAll(tx, rows);
      });
    }
    const shouldRetry = ({ error }: { error: Error }) => error instanceof BatchLost;
    return pRetry(() => this.inBatch(principal, wanted, useAll), { retries: 3, minTimeout: 0, shouldRetry });
  }

  private async inBatch<Result>(
    principal: Principal,
    wanted: readonly Wanted[],
    use: (tx: Transaction, rows: ReadonlyMap<string, QueuedEvaluation>) => Promise<Result>,
  ): Promise<Result> {
    const { prisma, queue } = this.environment;
    const batchId = randomUUID();
    await withUniqueJobs(prisma, async (tx) => {
      // Those of one principal come one after the other: the next may find what it asks for.
      await this.capacity.lock(tx, principal);
      await checkNoBatch(tx, { owner: principal.name });
      const room = await this.checkRoom(tx, principal, wanted);
      await tx.jobBatch.create({ data: { id: batchId, owner: principal.name, ...room } });
    });
    const rows = new Map<string, QueuedEvaluation>();
    const newJobIds = new Set<string>();
    let result: Result;
    try {
      // In the order of hashes: of two requests that have some in common, the one that is ahead never waits for the other.
      for await (const some of inTurns([...wanted].sort(byHash))) {
        const turn = await withUniqueJobs(prisma, async (tx) => {
          await touchBatch(tx, batchId);
          return this.findOrMake(tx, principal, some, batchId);
        });
        for (const [hash, row] of turn.rows) rows.set(hash, row);
        for (const id of turn.newJobIds) newJobIds.add(id);
      }
      result = await withUniqueJobs(prisma, async (tx) => {
        await completeBatch(tx, batchId);
        return use(tx, rows);
      });
    } catch (error) {
      // What is away now is deleted as any batch that does not go on.
      await dropBatch(prisma, batchId).catch(() => undefined);
      throw error;
    }
    // Jobs that are complete and not planned are found, and planned, by whoever looks for what the queue has lost.
    const jobIds = wanted.map(({ hash }) => rows.get(hash)!.job.id).filter((id) => newJobIds.has(id));
    for await (const some of inTurns(jobIds)) {
      await prisma.$transaction((tx) => queue.plan(tx, ...some));
    }
    return result;
  }

  /** @returns the jobs that a request makes, and bytes that they keep. @throws DomainError QUEUE_FULL, LIMIT_EXCEEDED */
  private async checkRoom(tx: Transaction, principal: Principal, wanted: readonly Wanted[]): Promise<{ jobs: number; bytes: bigint }> {
    const hashes = wanted.map(({ hash }) => hash);
    const found = await tx.evaluation.findMany({
      where: answering(...hashes),
      select: { requestHash: true, keepImages: true, imagesJobId: true },
    });
    const known = new Map(found.map((row) => [row.requestHash, row]));
    const toMake = wanted.filter((one) => {
      const row = known.get(one.hash);
      return !row || lacksImages(one, row);
    });
    const bytes = toMake.filter(({ keepImages }) => keepImages).reduce((sum, one) => sum + imageBytes(one), 0);
    if (toMake.length > 0) await this.capacity.checkJobs(tx, principal, toMake.length);
    if (bytes > 0) await this.capacity.checkStored(tx, principal, bytes, 'Delete evaluations or models, or start it without `keepImages`.');
    return { jobs: toMake.length, bytes: BigInt(bytes) };
  }

  private async findOrMake(tx: Transaction, principal: Principal, wanted: readonly Wanted[], batchId?: string): Promise<FoundOrMade> {
    const hashes = wanted.map(({ hash }) => hash);
    const found = await tx.evaluation.findMany({ where: answering(...hashes), include: { job: true, imagesJob: true } });
    const rows = new Map<string, QueuedEvaluation>(
      found.map(({ imagesJob, ...row }) => [row.requestHash, { ...row, job: imagesJob ?? row.job }]),
    );
    await joinJobs(
      tx,
      principal,
      [...rows.values()].map(({ job }) => job),
      batchId,
    );
    const missing = wanted.filter(({ hash }) => !rows.has(hash));
    const imageless = wanted.flatMap((one) => {
      const row = rows.get(one.hash);
      return row && lacksImages(one, row) ? [row] : [];
    });
    const made = missing.length > 0 ? await this.create(tx, principal, missing, batchId) : [];
    const withImages = imageless.length > 0 ? await this.addImages(tx, principal, imageless, batchId) : { rows: [], newJobIds: [] };
    for (const row of [...made, ...withImages.rows]) rows.set(row.requestHash, row);
    return { rows, newJobIds: [...made.map(({ job }) => job.id), ...withImages.newJobIds] };
  }

  /** Of evaluations that wait, by a change of their minds; of others, by jobs that run the attack again. */
  private async addImages(tx: Transaction, principal: Principal, rows: readonly QueuedEvaluation[], batchId: string | undefined) {
    // A worker that is about to take a job waits for this transaction, and then reads that images are kept.
    const stillWaiting = await tx.job.updateManyAndReturn({
      where: { id: { in: rows.map(({ jobId }) => jobId) }, state: 'QUEUED' },
      data: { updatedAt: new Date() },
      select: { id: true },
    });
    const waitingIds = new Set(stillWaiting.map(({ id }) => id));
    const [waiting, others] = [rows.filter(({ jobId }) => waitingIds.has(jobId)), rows.filter(({ jobId }) => !waitingIds.has(jobId))];
    await tx.evaluation.updateMany({ where: { jobId: { in: [...waitingIds] } }, data: { keepImages: true } });
    const jobs = await tx.job.createManyAndReturn({
      data: others.map(({ id, sampleCount, job: { device } }) => {
        const activeRequestHash = hashOf(IMAGES, id);
        return { owner: principal.name, kind: IMAGES, total: sampleCount, unit: 'images', device, activeRequestHash, batchId };
      }),
    });
    const jobOf = new Map(jobs.map((job) => [job.activeRequestHash, job]));
    const withJobs = others.map((row) => {
      const job = jobOf.get(hashOf(IMAGES, row.id))!;
      return { ...row, imagesJobId: job.id, job };
    });
    const [ids, jobIds] = [withJobs.map(({ id }) => id), withJobs.map(({ imagesJobId }) => imagesJobId)];
    await tx.$executeRaw`
      UPDATE "Evaluation" e SET "imagesJobId" = m."jobId" FROM unnest(${ids}::uuid[], ${jobIds}::uuid[]) AS m("id", "jobId") WHERE e."id" = m."id"`;
    return { rows: [...waiting.map((row) => ({ ...row, keepImages: true })), ...withJobs], newJobIds: jobIds };
  }

  /** With their jobs, in a few statements however many they are. */
  private async create(tx: Transaction, principal: Principal, wanted: readonly Wanted[], batchId: string | undefined) {
    const jobs = await tx.job.createManyAndReturn({
      data: wanted.map((one) => ({
        owner: principal.name,
        kind: EVALUATION,
        total: one.sampleCount,
        unit: 'images',
        device: one.device,
        activeRequestHash: one.hash,
        batchId,
        createdAt: one.createdAt,
      })),
    });
    const jobOf = new Map(jobs.map((job) => [job.activeRequestHash, job]));
    const rows = await tx.evaluation.createManyAndReturn({
      data: wanted.map((one) => {
        const { norm, epsilon } = one.attack.budget(one.parameters, one.dataset.imageShape);
        return {
          modelId: one.model.id,
          datasetId: one.dataset.id,
          jobId: jobOf.get(one.hash)!.id,
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
          classMap: one.classMap ? [...one.classMap] : [],
          imagesArtifactId: one.images,
          requestHash: one.hash,
          createdAt: one.createdAt,
        };
      }),
    });
    const byHash = new Map(rows.map((row) => [row.requestHash, row]));
    const sources = wanted.flatMap(({ hash, parameters }) =>
      [...new Set(sourceRowIds(parameters))].map((modelId) => ({ evaluationId: byHash.get(hash)!.id, modelId: modelId! })),
    );
    if (sources.length > 0) await tx.evaluationSource.createMany({ data: sources });
    return wanted.map(({ hash }) => ({ ...byHash.get(hash)!, job: jobOf.get(hash)! }));
  }
}

/** Those that are the same are one, which keeps its images where any of them does. */
function eachOnce(planned: readonly Planned[]): Wanted[] {
  const withImages = new Set(planned.flatMap(({ hash, keepImages }) => (keepImages ? [hash] : [])));
  const distinct = [...new Map(planned.map((one) => [one.hash, one])).values()];
  const first = Date.now() - distinct.length;
  return distinct.map((one, i) => ({ ...one, keepImages: withImages.has(one.hash), createdAt: new Date(first + i) }));
}

const byHash = (a: Wanted, b: Wanted) => (a.hash < b.hash ? -1 : 1);

const lacksImages = (wanted: Wanted, row: Pick<QueuedEvaluation, 'keepImages' | 'imagesJobId'>): boolean =>
  wanted.keepImages && !row.keepImages && row.imagesJobId === null;

/** Of the images that it keeps. */
const imageBytes = ({ dataset, sampleCount, judging }: Wanted): number =>
  dataset.imageShape.reduce((product, length) => product * length, sampleCount) * (judging === 'FLOAT' ? 4 : 1);
