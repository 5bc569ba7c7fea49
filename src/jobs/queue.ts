/**
 * The queue: pg-boss in our database. Its job has the id of our Job row, and carries nothing else.
 * @module
 */
import { PgBoss, fromPrisma } from 'pg-boss';
import type { Database, Transaction } from '../storage/database.js';

export interface QueueOptions {
  readonly kinds: readonly string[];
  readonly heartbeatSeconds: number;
  readonly onError: (error: Error) => void;
}

/** Handles one job. @param signal aborts when the queue no longer counts on this worker. */
export type QueueWork = (jobId: string, signal: AbortSignal) => Promise<void>;

/** pg-boss's longest; a longer job resumes from its last step in a new run. */
const EXPIRE_SECONDS = 24 * 3600 - 1;

/** Runs that pg-boss grants. The runner stops retrying long before, by counting runs without progress. */
const RETRY_LIMIT = 1000;

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
    for (const kind of this.options.kinds) {
      await this.boss.createQueue(kind);
      // What a queue is created with stays; the configuration may have changed since.
      await this.boss.updateQueue(kind, {
        notify: true,
        retryLimit: RETRY_LIMIT,
        retryDelay: 1,
        retryBackoff: true,
        retryDelayMax: 60,
        expireInSeconds: EXPIRE_SECONDS,
        heartbeatSeconds: this.options.heartbeatSeconds,
      });
    }
  }

  /** Queues a job in the transaction that creates its row: both are there, or neither. */
  async send(tx: Transaction, kind: string, jobId: string): Promise<void> {
    await this.boss.send(kind, {}, { id: jobId, db: fromPrisma(tx) });
  }

  /** Takes a job out of the queue, wherever it stands there. */
  async remove(tx: Transaction, kind: string, jobId: string): Promise<void> {
    await this.boss.deleteJob(kind, jobId, { db: fromPrisma(tx) });
  }

  /** Starts taking jobs of a kind, one at a time. */
  async work(kind: string, work: QueueWork): Promise<void> {
    const worker = await this.boss.work(kind, { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 2 }, async ([job]) => {
      try {
        if (job) await work(job.id, job.signal);
      } finally {
        // Look for the next job at once, not after the interval.
        this.boss.notifyWorker(worker);
      }
    });
  }

  /** Ids of the jobs of a kind that the queue will hand out or has handed out. */
  async alive(kind: string, jobIds: readonly string[], tx?: Transaction): Promise<Set<string>> {
    const database = tx ? fromPrisma(tx) : this.boss.getDb();
    const sql = `SELECT id FROM queue.job WHERE name = $1 AND id = ANY($2::uuid[]) AND state IN ('created', 'retry', 'active')`;
    const { rows } = await database.executeSql(sql, [kind, jobIds]);
    return new Set(rows.map((row: { id: string }) => row.id));
  }

  /** Rejects when the queue cannot be reached. */
  async check(): Promise<void> {
    await this.boss.getQueues([...this.options.kinds]);
  }

  /** Waits for running handlers, at most this long. */
  async stop(timeoutMs: number): Promise<void> {
    await this.boss.stop({ graceful: true, timeout: timeoutMs, close: true });
  }
}
