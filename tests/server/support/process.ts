/** A real server or worker process, to be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { OutboundTrace } from './outbound.js';

export interface ServerProcess {
  /** Where it listens; empty for a worker. */
  readonly url: string;
  /** The admin's token that it printed; empty where it printed none. */
  readonly token: string;
  readonly pid: number;
  /** Everything that it has written. */
  output(): string;
  /** Ends it, and waits until it is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

const ENTRIES = join(import.meta.dirname, '..', '..', '..', 'src');

/** @param trace what the process sends to other machines. */
export async function startProcess(
  entry: 'server.js' | 'worker.js',
  variables: Record<string, string | undefined>,
  trace?: OutboundTrace,
): Promise<ServerProcess> {
  const ready = entry === 'server.js' ? /serves at (http:\S+)\/graphql/ : /(waiting for jobs)/;
  const [command, ...args] = [...(trace?.command ?? []), process.execPath, join(ENTRIES, entry)];
  const child = spawn(command!, args, {
    env: { PATH: process.env.PATH, GAUNTLET_PORT: '0', GAUNTLET_DEMO: 'false', GAUNTLET_LOG_PRETTY: 'false', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  // Not 'exit': what it wrote last may still be on its way.
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const match = ready.exec(output);
      if (match) resolve(match[1]!);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then(() => reject(new Error(`${entry} ended:\n${output}`)));
  });
  return {
    url: entry === 'server.js' ? address : '',
    token: /GAUNTLET_TOKEN=(\S+)/.exec(output)?.[1] ?? '',
    pid: child.pid!,
    output: () => output,
    kill: (signal) => end(child, signal, exited),
  };
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM', exited: Promise<number | null>): Promise<number | null> {
  child.kill(signal);
  return exited;
}
