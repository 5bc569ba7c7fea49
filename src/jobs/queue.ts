/**
 * The queue: pg-boss in our database. Its messages name jobs to plan and parts to compute, and carry nothing else.
 * @module
 */
import { PgBoss, fromPrisma } from 'pg-boss';
import { currentRequest } from '../request-context.js';
import { currentTraceparent } from '../tracing.js';
import type { Database, Transaction } from '../storage/database.js';
import type { WebhookMessage } from './webhook-message.js';

export interface QueueOptions {
  readonly heartbeatSeconds: number;
  readonly onError: (error: Error) => void;
}

/** Handles one message. @param signal aborts when the queue no longer counts on this worker. */
export type QueueWork = (id: string, signal: AbortSignal) => Promise<void>;

/** Queues of messages, each taken by so many at once on every worker. */
export const LANES = {
  /** Jobs that are to be planned or finished. */
  plan: 2,
  /** Parts: one is attacked, the next has been read and waits for its turn, and that before is measured and stored. */
  compute: 3,
  'compute-gpu': 3,
  training: 1,
  'training-gpu': 1,
  /** Of different owners: a file that takes long to open is in nobody else's way. */
  validation: 2,
} as const;

/** Messages to webhooks: told for two hours, in ever longer intervals. */
const WEBHOOKS = {
  queue: 'webhook',
  options: { retryLimit: 12, retryDelay: 2, retryBackoff: true, retryDelayMax: 3600, expireInSeconds: 60 },
};

/** Of parts. */
export type PartLane = Exclude<keyof typeof LANES, 'plan'>;

/** Of kinds of jobs. */
export type Lane = Exclude<PartLane, 'compute-gpu' | 'training-gpu'>;

/** pg-boss's longest. */
const EXPIRE_SECONDS = 24 * 3600 - 1;

/** Runs that pg-boss grants. The runner stops retrying long before, by counting failures. */
const RETRY_LIMIT = 1_000_000;

interface PartMessage {
  readonly id: string;
  readonly lane: string;
  readonly turn: number;
  /** Of its job. */
  readonly owner: string;
}

export class JobQueue {
  private readonly boss: PgBoss;

  constructor(
    database: Database,
    private readonly options: QueueOptions,
  ) {
    this.boss = new PgBoss({
      ...database.queue,
      schema: 'queue',
      useListenNotify: true,
      // How soon the loss of a worker is noticed, once its heartbeat is overdue.
      monitorIntervalSeconds: 10,
      superviseIntervalSeconds: 10,
    });
    this.boss.on('error', options.onError);
  }

  async start(): Promise<void> {
    await this.boss.start();
    for (const lane of Object.keys(LANES)) {
      await this.boss.createQueue(lane);
      // What a queue is created with stays; the configuration may have changed since.
      await this.boss.updateQueue(lane, {
        notify: true,
        retryLimit: RETRY_LIMIT,
        retryDelay: 1,
        retryBackoff: true,
        retryDelayMax: 60,
        expireInSeconds: EXPIRE_SECONDS,
        heartbeatSeconds: this.options.heartbeatSeconds,
        // Rows that are done are of no use here.
        deleteAfterSeconds: 3600,
      });
    }
    await this.boss.createQueue(WEBHOOKS.queue);
    await this.boss.updateQueue(WEBHOOKS.queue, { notify: true, deleteAfterSeconds: 3600, ...WEBHOOKS.options });
  }

  /** Queues messages to webhooks in the transaction of what they tell. */
  async notify(tx: Transaction, messages: readonly WebhookMessage[]): Promise<void> {
    if (messages.length === 0) return;
    await this.boss.insert(
      WEBHOOKS.queue,
      messages.map((data) => ({ data })),
      { db: fromPrisma(tx) },
    );
  }

  /** Starts delivering to webhooks. @param deliver is called again, later, where it rejects. */
  async workOnWebhooks(deliver: (id: string, message: WebhookMessage) => Promise<void>): Promise<void> {
    const options = { pollingIntervalSeconds: 2, notifyPollingIntervalSeconds: 2, localConcurrency: 4 };
    await this.boss.work<WebhookMessage>(WEBHOOKS.queue, options, async ([message]) => {
      if (message) await deliver(message.id, message.data);
    });
  }

  /** Has jobs planned, in the transaction that creates their rows or changes what they wait for. Notes on the rows which request they come from. */
  async plan(tx: Transaction, ...jobIds: readonly string[]): Promise<void> {
    return this.planAfter(tx, 0, jobIds);
  }

  /** The same, so many seconds later. */
  async planAfter(tx: Transaction, seconds: number, jobIds: readonly string[]): Promise<void> {
    const requestId = currentRequest()?.requestId;
    const data = { requestId, traceparent: currentTraceparent() };
    if (requestId !== undefined) await tx.job.updateMany({ where: { id: { in: [...jobIds] }, requestId: null }, data });
    await this.boss.insert(
      'plan',
      jobIds.map((jobId) => ({ data: { jobId }, startAfter: seconds })),
      { db: fromPrisma(tx) },
    );
  }

  /** Queues parts in the transaction that creates their rows. */
  async send(tx: Transaction, parts: readonly PartMessage[]): Promise<void> {
    for (const [lane, messages] of byLane(parts)) {
      await this.boss.insert(
        lane,
        messages.map(({ id, turn, owner }) => ({ id, priority: -turn, ...(lane === 'validation' && { group: { id: owner } }) })),
        { db: fromPrisma(tx) },
      );
    }
  }

  /** Takes parts out of the queue, wherever they stand there. */
  async remove(tx: Transaction, parts: readonly Pick<PartMessage, 'id' | 'lane'>[]): Promise<void> {
    for (const [lane, messages] of byLane(parts)) {
      await this.boss.deleteJob(
        lane,
        messages.map(({ id }) => id),
        { db: fromPrisma(tx) },
      );
    }
  }

  /** Gives parts that wait another place. */
  async reorder(tx: Transaction, parts: readonly Omit<PartMessage, 'owner'>[]): Promise<void> {
    for (const { id, lane, turn } of parts) await this.boss.update(lane, undefined, { id, priority: -turn, db: fromPrisma(tx) });
  }

  /** Starts taking parts of a lane. */
  workOn(lane: PartLane, work: QueueWork): Promise<void> {
    return this.take(lane, ({ id, signal }) => work(id, signal));
  }

  /** Starts taking jobs that are to be planned. */
  workOnPlans(work: QueueWork): Promise<void> {
    return this.take('plan', ({ data, signal }) => work((data as { jobId: string }).jobId, signal));
  }

  private async take(lane: keyof typeof LANES, work: (message: { id: string; data: object; signal: AbortSignal }) => Promise<void>) {
    const options = {
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 2,
      localConcurrency: LANES[lane],
      ...(lane === 'validation' && { localGroupConcurrency: 1 }),
    };
    const worker = await this.boss.work<object>(lane, options, async ([message]) => {
      try {
        if (message) await work(message);
      } finally {
        // Look for the next at once, not after the interval.
        this.boss.notifyWorker(worker);
      }
    });
  }

  /** Ids of the parts that the queue will hand out or has handed out. */
  alive(tx: Transaction, partIds: readonly string[]): Promise<Set<string>> {
    return this.inStates(tx, partIds, ['created', 'retry', 'active']);
  }

  /** Ids of the parts that no worker has. */
  waiting(tx: Transaction, partIds: readonly string[]): Promise<Set<string>> {
    return this.inStates(tx, partIds, ['created', 'retry']);
  }

  private async inStates(tx: Transaction, partIds: readonly string[], states: readonly string[]): Promise<Set<string>> {
    const sql = `SELECT id FROM queue.job WHERE name = ANY($1::text[]) AND id = ANY($2::uuid[]) AND state::text = ANY($3::text[])`;
    const { rows } = await fromPrisma(tx).executeSql(sql, [Object.keys(LANES), partIds, states]);
    return new Set(rows.map((row: { id: string }) => row.id));
  }

  /** Whether a job is to be planned. */
  async isPlanned(jobId: string, tx?: Transaction): Promise<boolean> {
    const sql = `SELECT FROM queue.job WHERE name = 'plan' AND data ->> 'jobId' = $1 AND state IN ('created', 'retry', 'active')`;
    return (await this.database(tx).executeSql(sql, [jobId])).rows.length > 0;
  }

  /** Ids of the jobs of which something should be in the queue, and is not. */
  async withoutMessages(): Promise<string[]> {
    const alive = `q.state IN ('created', 'retry', 'active')`;
    const { rows } = await this.boss.getDb().executeSql(
      `SELECT DISTINCT p."jobId" AS id FROM "JobPart" p
        WHERE p."finishedAt" IS NULL AND NOT EXISTS (SELECT FROM queue.job q WHERE q.id = p."id" AND q.name = ANY($1::text[]) AND ${alive})
      UNION SELECT j."id" FROM "Job" j
        WHERE j."state" IN ('QUEUED', 'RUNNING') AND j."pending" = 0 AND NOT EXISTS (SELECT FROM "JobBatch" b WHERE b."id" = j."batchId") AND NOT EXISTS (
          SELECT FROM "JobWait" w JOIN "Job" o ON o."id" = w."onId" WHERE w."jobId" = j."id" AND o."state" IN ('QUEUED', 'RUNNING'))
        AND j."id"::text NOT IN (SELECT q.data ->> 'jobId' FROM queue.job q WHERE q.name = 'plan' AND ${alive})`,
      [Object.keys(LANES)],
    );
    return rows.map((row: { id: string }) => row.id);
  }

  /** Forgets what workers had in hand: at the start of the only process on a database. */
  async forgetActive(tx: Transaction): Promise<void> {
    await fromPrisma(tx).executeSql(`DELETE FROM queue.job WHERE state = 'active' AND name = ANY($1::text[])`, [Object.keys(LANES)]);
  }

  /** Rejects when the queue cannot be reached. */
  async check(): Promise<void> {
    await this.boss.getQueues(Object.keys(LANES));
  }

  /** Waits for running handlers, at most this long. */
  async stop(timeoutMs: number): Promise<void> {
    await this.boss.stop({ graceful: true, timeout: timeoutMs, close: true });
  }

  private database(tx?: Transaction) {
    return tx ? fromPrisma(tx) : this.boss.getDb();
  }
}

function byLane<Part extends { readonly lane: string }>(parts: readonly Part[]): Map<string, Part[]> {
  const lanes = new Map<string, Part[]>();
  for (const part of parts) lanes.set(part.lane, [...(lanes.get(part.lane) ?? []), part]);
  return lanes;
}
