/** Says once that the database, the store or the system is in trouble, which everything that runs notices again and again, and once that it is over. @module */
import type { Bindings, Logger } from 'pino';
import { isStoreTrouble } from './storage/errors.js';

const LOOK_MS = 1000;
/** Trouble that comes back sooner is the same: a full disk is one that others make room on, a little. */
const QUIET_MS = 10_000;

export class Outage {
  private began: number | undefined;
  private lastNoted = 0;
  private looking: NodeJS.Timeout | undefined;

  /** @param check resolves where the database answers. */
  constructor(
    private readonly log: Logger,
    private readonly check: () => Promise<unknown>,
  ) {}

  /** @returns whether the error is such trouble. */
  note(error: unknown): boolean {
    if (!isStoreTrouble(asError(error))) return false;
    this.lastNoted = Date.now();
    if (this.began !== undefined) return true;
    this.began = this.lastNoted;
    this.log.warn(
      { reason: (error as Error).message },
      'the database, the artifact store or the system is in trouble; this is said once until it is over',
    );
    this.lookLater();
    return true;
  }

  /** The log, but for lines about an error that {@link note} takes. */
  quiet(log: Logger): Logger {
    return new Proxy(log, {
      get: (target, key) => {
        if (key === 'child') return (bindings: Bindings) => this.quiet(target.child(bindings));
        const value: unknown = Reflect.get(target, key, target);
        if (key !== 'warn' && key !== 'error') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        return (line: unknown, ...rest: unknown[]) => {
          const error = (line as { err?: unknown } | null)?.err;
          if (error === undefined || !this.note(error)) (value as (...args: unknown[]) => void).call(target, line, ...rest);
        };
      },
      // pino counts on its own.
      set: (target, key, value) => Reflect.set(target, key, value, target),
    });
  }

  close(): void {
    clearTimeout(this.looking);
  }

  private lookLater(): void {
    this.looking = setTimeout(() => {
      this.check().then(
        () => (Date.now() - this.lastNoted < QUIET_MS ? this.lookLater() : this.end()),
        () => this.lookLater(),
      );
    }, LOOK_MS).unref();
  }

  private end(): void {
    const seconds = Math.round((this.lastNoted - this.began!) / 1000);
    this.began = undefined;
    this.log.info({ seconds }, 'the trouble of the database, the artifact store or the system is over');
  }
}

/** pg-boss reports copies of errors. */
const asError = (error: unknown) => (error instanceof Error ? error : Object.assign(new Error(), error));
