/** A process that opens strangers' files, as an object: calls in, promises out, and how it ended. @module */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Arguments,
  type CallOptions,
  type Channel,
  fileParcels,
  type Handlers,
  openChannel,
  processPort,
  type Result,
} from '../channel/index.js';
import { ComputeError, type ProcessDeath, systemCodeOf } from '../errors.js';
import type { Reach, Sandbox } from './sandbox.js';
import { startProcess } from './start.js';
import { exitOf, killedForMemory, residentBytesOf, withDescendants } from './watch.js';

const WATCH_INTERVAL_MS = 100;

/** Names of folders begin with it, and with the number of the process that made them. */
const SCRATCH = 'gauntlet-process-';

/** A younger one may be of another container, whose processes are not seen here. */
const LEFT_BEHIND_MS = 3_600_000;

/** Kept of what the process writes to standard error. */
const TAIL = 4000;

export interface ConfinedProcessOptions<Local> extends Partial<Reach> {
  /** A module of the program that calls `beExpendable`, and opens a channel to `process`. */
  readonly entry: URL;
  readonly sandbox: Sandbox;
  /** What the process may ask of us. */
  readonly handlers: Handlers<Local>;
  /** Bytes of memory, those of its descendants included, beyond which it is ended. */
  readonly maxBytes: number;
  /** Of JavaScript's heap. */
  readonly maxHeapBytes?: number;
  /** Of the processor's time. */
  readonly maxCpuSeconds?: number;
  /** What the process writes to standard error. */
  readonly onError?: (line: string) => void;
}

export class ConfinedProcess<Remote, Local = object> {
  /** A folder of its own; it goes with the process. */
  readonly scratch: string;
  /** Resolves when the process is gone with all that it started. What was under way is rejected by whoever closes the channel then. */
  readonly ended: Promise<ProcessDeath>;
  readonly channel: Channel<Remote>;
  private readonly child: ChildProcess;
  /** Results that our process waits for. */
  private held = 0;
  private errors = '';
  private hasEnded = false;
  private outgrew = false;

  constructor(private readonly options: ConfinedProcessOptions<Local>) {
    const { entry, sandbox, handlers, readable = [], writable = [], maxBytes, maxHeapBytes, maxCpuSeconds } = options;
    this.scratch = mkdtempSync(join(tmpdir(), `${SCRATCH}${process.pid}-`));
    const limits = { maxBytes, maxHeapBytes, maxCpuSeconds };
    this.child = startProcess(entry, { sandbox, readable, writable, scratch: this.scratch, ...limits });
    this.channel = openChannel<Remote, Local>(processPort(this.child), handlers, fileParcels(this.scratch));
    this.child.stderr!.on('data', (chunk: Buffer) => this.read(chunk.toString()));
    this.ended = this.waitForEnd();
    // It does not keep ours alive, unless it has something to do.
    this.unref();
    // At the end of our process its own ends too, and nobody is left to remove the folder.
    const remove = () => rmSync(this.scratch, { recursive: true, force: true });
    process.once('exit', remove);
    void this.ended.then(() => process.off('exit', remove));
  }

  /** Keeps our process alive until it is answered. @throws ComputeError as {@link Channel.call} does. */
  async call<M extends keyof Remote & string>(method: M, args: Arguments<Remote[M]>, options?: CallOptions): Promise<Result<Remote[M]>> {
    return this.hold(this.channel.call(method, args, options));
  }

  /** Of the process itself: in a sandbox, other processes stand between it and ours. */
  async pid(): Promise<number | undefined> {
    return this.child.pid === undefined || this.hasEnded ? undefined : (await withDescendants(this.child.pid)).at(-1);
  }

  /** Bytes of memory. */
  async residentBytes(): Promise<number> {
    return this.child.pid === undefined || this.hasEnded ? 0 : residentBytesOf(this.child.pid);
  }

  /** Waits until it has ended by itself, as it was asked to, and after so many milliseconds ends it. */
  async end(patienceMs: number): Promise<void> {
    const timeout = setTimeout(() => this.child.kill('SIGKILL'), patienceMs);
    await this.hold(this.ended);
    clearTimeout(timeout);
  }

  /** Ends it for certain. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.hold(this.ended);
  }

  /** Keeps our process alive until there is a result. */
  private async hold<T>(result: Promise<T>): Promise<T> {
    if (this.held++ === 0) this.ref();
    try {
      return await result;
    } finally {
      if (--this.held === 0) this.unref();
    }
  }

  private async waitForEnd(): Promise<ProcessDeath> {
    const before = killedForMemory();
    const watch = setInterval(() => void this.checkMemory(), WATCH_INTERVAL_MS).unref();
    const { exitCode, signal, error } = await exitOf(this.child, (code) =>
      this.options.sandbox.kind === 'none' ? undefined : signalOf(code),
    );
    this.hasEnded = true;
    clearInterval(watch);
    await rm(this.scratch, { recursive: true, force: true });
    const [killed, killedNow] = await Promise.all([before, killedForMemory()]);
    const byKernel = signal === 'SIGKILL' && (killed === undefined || killedNow === undefined || killedNow > killed);
    const outOfMemory = this.outgrew ? 'limit' : /heap out of memory/.test(this.errors) ? 'heap' : byKernel ? 'machine' : undefined;
    return { exitCode, signal, outOfMemory, errors: error ? error.message : this.errors, system: systemCodeOf(error) };
  }

  private async checkMemory(): Promise<void> {
    if (this.hasEnded || !Number.isFinite(this.options.maxBytes)) return;
    if ((await this.residentBytes()) <= this.options.maxBytes) return;
    this.outgrew = true;
    this.child.kill('SIGKILL');
  }

  private read(text: string): void {
    this.errors = (this.errors + text).slice(-TAIL);
    for (const line of text.split('\n')) if (line.trim()) this.options.onError?.(line);
  }

  private ref(): void {
    this.child.ref();
    this.child.channel?.ref();
  }

  private unref(): void {
    this.child.unref();
    this.child.channel?.unref();
    (this.child.stderr as unknown as { unref?(): void }).unref?.();
  }
}

/** bubblewrap ends with 128 and the number of the signal that ended what it ran. */
function signalOf(exitCode: number): NodeJS.Signals | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0] as NodeJS.Signals | undefined;
}

/** Removes folders of processes whose parent was killed, and could not remove them. */
export async function sweepScratch(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${SCRATCH}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(tmpdir(), name);
    const found = await stat(path).catch(() => undefined);
    // Another user's cannot be removed.
    if (found && Date.now() - found.mtimeMs > LEFT_BEHIND_MS) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What `compute` rejects with where a process was closed on purpose. */
export const closedError = () => new ComputeError('CANCELLED', 'Computing was closed.');
