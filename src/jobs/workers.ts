/** The processes that take parts: each says what it is, and that it is there. @module */
import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { EngineDescription } from '../compute/engine/index.js';
import type { DatabaseClient, Transaction } from '../storage/database.js';
import { toJson } from '../storage/json.js';

export interface WorkerDescription {
  readonly version: string;
  readonly engine: EngineDescription;
  /** Bytes that its computing may occupy. */
  readonly memory: number;
}

const INTERVAL_MS = 10_000;

/** How long a worker that says nothing counts as there. */
const WORKER_TIMEOUT_MS = 45_000;

/** Rows of workers that were killed go after a day. */
const FORGET_MS = 24 * 3_600_000;

export class WorkerPresence {
  readonly id = randomUUID();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly prisma: DatabaseClient,
    private readonly onError: (error: unknown) => void,
  ) {}

  async announce({ version, engine, memory }: WorkerDescription): Promise<void> {
    const { id } = this;
    const row = { id, host: hostname(), pid: process.pid, version, engine: toJson(engine), memory: BigInt(Math.floor(memory)) };
    await this.prisma.worker.create({ data: row });
    await this.prisma.worker.deleteMany({ where: { seenAt: { lt: new Date(Date.now() - FORGET_MS) } } });
    this.timer = setInterval(() => {
      this.prisma.worker.updateMany({ where: { id }, data: { seenAt: new Date() } }).catch(this.onError);
    }, INTERVAL_MS);
  }

  async leave(): Promise<void> {
    clearInterval(this.timer);
    await this.prisma.worker.deleteMany({ where: { id: this.id } });
  }
}

type Workers = Pick<DatabaseClient, 'worker'> | Transaction;

const isThere = () => ({ seenAt: { gte: new Date(Date.now() - WORKER_TIMEOUT_MS) } });

/** Workers that are there. */
export const livingWorkers = (prisma: Workers) => prisma.worker.findMany({ where: isThere(), orderBy: { startedAt: 'asc' } });

export const countWorkers = (prisma: Workers): Promise<number> => prisma.worker.count({ where: isThere() });
