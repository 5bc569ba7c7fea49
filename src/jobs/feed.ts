/** Tells which jobs have changed, whichever process runs them: one look at the table a second for all who listen. @module */
import type { DatabaseClient } from '../storage/database.js';

const INTERVAL_MS = 1000;
/** Rows are stamped by the clocks of their writers, and seen when their transactions end: what is younger than this is looked at again. */
const OVERLAP_MS = 15_000;

type Listener = (jobIds: readonly string[]) => void;

export class JobFeed {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | undefined;
  private isReading = false;
  /** Versions of the rows of the overlap. */
  private seen = new Map<string, string>();
  private newest = new Date();

  constructor(
    private readonly prisma: DatabaseClient,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Calls back with the ids of jobs that have changed since. @returns how to stop. */
  async listen(listener: Listener): Promise<() => void> {
    if (!this.timer) {
      this.timer = setInterval(() => void this.tick(), INTERVAL_MS);
      // What has changed before is nobody's news.
      await this.read();
    }
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close();
    };
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.seen = new Map();
  }

  private async tick(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      const changed = await this.read();
      if (changed.length > 0) for (const listener of this.listeners) listener(changed);
    } catch (error) {
      this.onError(error);
    } finally {
      this.isReading = false;
    }
  }

  private async read(): Promise<string[]> {
    const from = new Date(Math.min(this.newest.getTime(), Date.now()) - OVERLAP_MS);
    const rows = await this.prisma.job.findMany({
      where: { updatedAt: { gte: from } },
      select: { id: true, state: true, done: true, updatedAt: true },
      orderBy: { updatedAt: 'asc' },
    });
    const versions = new Map(rows.map(({ id, state, done, updatedAt }) => [id, `${state} ${done} ${updatedAt.getTime()}`]));
    const changed = [...versions].filter(([id, version]) => this.seen.get(id) !== version).map(([id]) => id);
    this.seen = versions;
    this.newest = rows.at(-1)?.updatedAt ?? this.newest;
    return changed;
  }
}
