/** What a process and all that it has started occupy, and what ended it. @module */
import type { ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Most processes that are looked at. */
const MOST = 100;

/**
 * Bytes of memory of a process and its descendants, that of native libraries included, but for files that are mapped into it, which the system drops when it needs room;
 * 0 where it has ended.
 */
export async function residentBytesOf(pid: number): Promise<number> {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
    return Number(stdout) * 1024;
  }
  const bytes = await Promise.all((await withDescendants(pid)).map(anonymousBytes));
  return bytes.reduce((sum, each) => sum + each, 0);
}

async function anonymousBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * ['RssAnon', 'RssShmem'].reduce((sum, name) => sum + Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0), 0);
}

/** A process, then those that it started, and so on. In a sandbox the last of the line computes. */
export async function withDescendants(pid: number): Promise<readonly number[]> {
  const found = [pid];
  for (let i = 0; i < found.length && found.length < MOST; i++) {
    const children = await readFile(`/proc/${found[i]}/task/${found[i]}/children`, 'utf8').catch(() => '');
    found.push(...children.split(' ').filter(Boolean).map(Number));
  }
  return found;
}

/** Processes that the kernel has ended for want of memory since the machine started; undefined where that is not known. */
export async function killedForMemory(): Promise<number | undefined> {
  const text = await readFile('/proc/vmstat', 'utf8').catch(() => '');
  const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** How a process ended: by itself with an exit code, or by a signal. */
export interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Resolves when a process has ended and all that it had sent has arrived. */
export function exitOf(child: ChildProcess, signalOf: (exitCode: number) => NodeJS.Signals | undefined): Promise<Exit & { error?: Error }> {
  return new Promise((resolve) => {
    let exit: Exit | undefined;
    const ended = () => {
      if (exit && !child.connected) resolve(exit);
    };
    child.once('error', (error) => resolve({ exitCode: null, signal: null, error }));
    child.once('disconnect', ended);
    // Not 'exit': what it wrote last to standard error may come after that.
    child.once('close', (code, signal) => {
      const inside = code === null ? undefined : signalOf(code);
      exit = inside ? { exitCode: null, signal: inside } : { exitCode: code, signal };
      ended();
    });
  });
}
