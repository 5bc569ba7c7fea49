/**
 * Follows jobs, whichever process runs them: all watched rows are read together, at once when this process has written one.
 * @module
 */
import { Repeater } from '@graphql-yoga/subscription';
import type { DatabaseClient } from '../storage/database.js';
import type { Job } from '../storage/generated/client.js';

const INTERVAL_MS = 500;

export const isFinished = (job: Pick<Job, 'state'>) => job.state !== 'QUEUED' && job.state !== 'RUNNING';

type Listener = (job: Job | undefined) => void;

export class JobWatcher {
  private readonly listeners = new Map<string, Set<Listener>>();
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private readAgain = false;

  constructor(
    private readonly prisma: DatabaseClient,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Says that this process has changed a job. */
  wake(): void {
    if (this.listeners.size > 0) this.poll();
  }

  /** Calls back with the job now and after every change; with undefined when it is gone. @returns how to stop. */
  subscribe(jobId: string, listener: Listener): () => void {
    let seen: string | undefined;
    const onRead: Listener = (job) => {
      const version = job && `${job.state} ${job.done} ${job.updatedAt.getTime()}`;
      if (job && version === seen) return;
      seen = version;
      listener(job);
    };
    const listeners = this.listeners.get(jobId) ?? new Set();
    this.listeners.set(jobId, listeners.add(onRead));
    this.timer ??= setInterval(() => this.poll(), INTERVAL_MS);
    this.poll();
    return () => {
      listeners.delete(onRead);
      if (listeners.size === 0) this.listeners.delete(jobId);
      if (this.listeners.size === 0) this.stop();
    };
  }

  /** The job at each step, ending with the first finished state. */
  watch(jobId: string): AsyncIterable<Job> {
    // Not an async generator: one that waits for a change could not be ended before it came.
    return new Repeater<Job>(async (push, stop) => {
      const unsubscribe = this.subscribe(jobId, (job) => {
        if (job) void push(job);
        if (!job || isFinished(job)) stop();
      });
      await stop;
      unsubscribe();
    });
  }

  /** Ends all watches. */
  close(): void {
    this.stop();
    for (const listeners of this.listeners.values()) for (const listener of listeners) listener(undefined);
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private poll(): void {
    if (this.reading) {
      this.readAgain = true;
      return;
    }
    this.reading = this.read()
      .catch(this.onError)
      .finally(() => {
        this.reading = undefined;
        if (this.readAgain) {
          this.readAgain = false;
          this.poll();
        }
      });
  }

  private async read(): Promise<void> {
    const ids = [...this.listeners.keys()];
    if (ids.length === 0) return;
    const jobs = new Map((await this.prisma.job.findMany({ where: { id: { in: ids } } })).map((job) => [job.id, job]));
    for (const id of ids) for (const listener of this.listeners.get(id) ?? []) listener(jobs.get(id));
  }
}
