/**
 * The queue: pg-boss in our database. Its messages name jobs to plan and parts to compute, and carry nothing else.
 * @module
 */
import { PgBoss, fromPrisma } from 'pg-boss';
import type { Database, Transaction } from '../storage/database.js';

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
  training: 1,
  validation: 1,
} as const;

/** Of parts. */
export type Lane = Exclude<keyof typeof LANES, 'plan'>;

/** pg-boss's longest. */
const EXPIRE_SECONDS = 24 * 3600 - 1;

/** Runs that pg-boss grants. The runner stops retrying long before, by counting failures. */
const RETRY_LIMIT = 1_000_000;

export interface PartMessage {
  readonly id: string;
  readonly turn: number;
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
  }

  /** Has a job planned, in the transaction that creates its row or changes what it waits for. */
  async plan(tx: Transaction, jobId: string, afterSeconds = 0): Promise<void> {
    await this.boss.send('plan', { jobId }, { db: fromPrisma(tx), startAfter: afterSeconds });
  }

  /** Queues parts in the transaction that creates their rows. */
  async send(tx: Transaction, lane: Lane, parts: readonly PartMessage[]): Promise<void> {
    const messages = parts.map(({ id, turn }) => ({ id, priority: -turn }));
    await this.boss.insert(lane, messages, { db: fromPrisma(tx) });
  }

  /** Takes parts out of the queue, wherever they stand there. */
  async remove(tx: Transaction, lane: Lane, partIds: readonly string[]): Promise<void> {
    if (partIds.length > 0) await this.boss.deleteJob(lane, [...partIds], { db: fromPrisma(tx) });
  }

  /** Gives parts that wait another place. */
  async reorder(tx: Transaction, lane: Lane, parts: readonly PartMessage[]): Promise<void> {
    for (const { id, turn } of parts) await this.boss.update(lane, undefined, { id, priority: -turn, db: fromPrisma(tx) });
  }

  /** Starts taking parts of a lane. */
  workOn(lane: Lane, work: QueueWork): Promise<void> {
    return this.take(lane, ({ id, signal }) => work(id, signal));
  }

  /** Starts taking jobs that are to be planned. */
  workOnPlans(work: QueueWork): Promise<void> {
    return this.take('plan', ({ data, signal }) => work((data as { jobId: string }).jobId, signal));
  }

  private async take(lane: keyof typeof LANES, work: (message: { id: string; data: object; signal: AbortSignal }) => Promise<void>) {
    const options = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 2, localConcurrency: LANES[lane] };
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
  async alive(lane: Lane, partIds: readonly string[], tx?: Transaction): Promise<Set<string>> {
    const sql = `SELECT id FROM queue.job WHERE name = $1 AND id = ANY($2::uuid[]) AND state IN ('created', 'retry', 'active')`;
    const { rows } = await this.database(tx).executeSql(sql, [lane, partIds]);
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
        WHERE j."state" IN ('QUEUED', 'RUNNING') AND j."pending" = 0 AND NOT EXISTS (
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
