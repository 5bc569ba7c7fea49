/** Asking for transfers. @module */
import { DomainError } from '../../errors.js';
import type { JobQueue } from '../../jobs/queue.js';
import { TRANSFER } from '../../jobs/transfer/handler.js';
import type { Transaction } from '../../storage/database.js';
import type { Job, Transfer, Device } from '../../storage/generated/client.js';
import type { Capacity } from '../job/capacity.js';
import { checkFit } from '../evaluation/evaluation-request.js';
import type { QueuedEvaluation } from '../evaluation/evaluation-queue.js';
import type { EvaluationRequest, EvaluationService } from '../evaluation/evaluations.js';
import { answering, hashOf, joinJobs } from '../job/unique-requests.js';
import { mayHaveFiles } from '../access/visibility.js';
import type { Principal } from '../token/principal.js';

export interface TransferRequest extends Omit<EvaluationRequest, 'modelIds' | 'keepImages'> {
  /** Sources of the adversarial images. */
  readonly sourceIds: readonly (string | undefined)[];
  /** Models that are evaluated on them. */
  readonly targetIds: readonly (string | undefined)[];
}

export interface StartedTransfer {
  readonly transfer: Transfer;
  readonly job: Job;
  /** One for each source, attack and budget, in this order. */
  readonly evaluations: readonly QueuedEvaluation[];
}

/** Evaluations times targets in one request. */
const MAX_PAIRS = 10_000;

export class TransferService {
  constructor(
    private readonly queue: JobQueue,
    private readonly capacity: Capacity,
    private readonly evaluations: EvaluationService,
  ) {}

  /** Queues the evaluations that are not there, and the transfer of their images. What was requested before is found, not queued again. */
  async start(principal: Principal, { sourceIds, targetIds, ...request }: TransferRequest): Promise<StartedTransfer> {
    const planned = await this.evaluations.plan(principal, { ...request, modelIds: sourceIds, keepImages: true }, 'sourceIds');
    const targets = await this.evaluations.models(principal, targetIds, ['targetIds']);
    const [{ dataset, offset, sampleCount, seed, judging }] = planned as [(typeof planned)[number]];
    for (const [i, target] of targets.entries()) checkFit(target, dataset, ['targetIds', String(i)]);
    if (planned.length * targets.length > MAX_PAIRS) {
      const message = `A request may ask for ${MAX_PAIRS} pairs (sources times attacks times budgets times targets) at most.`;
      throw new DomainError('LIMIT_EXCEEDED', message, ['targetIds']);
    }
    const closed = planned.find(({ model }) => !mayHaveFiles(principal, model));
    const outside = targets.findIndex(({ endpoint }) => endpoint !== null);
    if (closed && dataset.owner === principal.name) {
      const message = `"${closed.model.name}" is listed: images that you chose would make it answer your questions. Choose a data set of the server.`;
      throw new DomainError('FORBIDDEN', message, ['datasetId']);
    }
    if (closed && outside >= 0) {
      // Whoever has the endpoint would see the images.
      const message = `Images made on "${closed.model.name}" stay on this server, and "${targets[outside]!.name}" answers elsewhere. Choose a target whose file is here.`;
      throw new DomainError('FORBIDDEN', message, ['targetIds', String(outside)]);
    }
    const { device } = request;
    return this.evaluations.withEvaluations(principal, planned, async (tx, evaluations) => {
      const pairs = { evaluationIds: distinct(evaluations), targetIds: distinct(targets) };
      const range = { datasetId: dataset.id, offset, sampleCount, seed, judging };
      return { ...(await this.findOrQueue(tx, principal, range, pairs, device)), evaluations };
    });
  }

  private async findOrQueue(
    tx: Transaction,
    principal: Principal,
    range: Pick<Transfer, 'datasetId' | 'offset' | 'sampleCount' | 'seed' | 'judging'>,
    { evaluationIds, targetIds }: { evaluationIds: string[]; targetIds: string[] },
    device: Device | undefined,
  ) {
    const activeRequestHash = hashOf(TRANSFER, evaluationIds, targetIds);
    const known = await tx.transfer.findFirst({ where: answering(activeRequestHash), include: { job: true } });
    if (known) {
      await joinJobs(tx, principal, [known.job]);
      return { transfer: known, job: known.job };
    }
    await this.capacity.checkJobs(tx, principal, 1);
    const total = evaluationIds.length * targetIds.length;
    const job = await tx.job.create({ data: { owner: principal.name, kind: TRANSFER, total, unit: 'pairs', device, activeRequestHash } });
    const transfer = await tx.transfer.create({
      data: {
        ...range,
        jobId: job.id,
        targets: { connect: targetIds.map((id) => ({ id })) },
      },
    });
    // There may be a thousand, of which Prisma reads each before it connects it.
    await tx.$executeRaw`INSERT INTO "_EvaluationToTransfer" ("A", "B") SELECT unnest(${evaluationIds}::uuid[]), ${transfer.id}::uuid`;
    await this.queue.plan(tx, job.id);
    return { transfer, job };
  }
}

/** Ids, each once, in an order that does not depend on that of the request. */
const distinct = (rows: readonly { id: string }[]) => [...new Set(rows.map(({ id }) => id))].sort();
