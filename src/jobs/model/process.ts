/** Validates a model in a process of its own, so that one that crashes, hangs or eats memory takes nothing else with it. @module */
import type { ValidationLimits } from './limits.js';
import { execFile, fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { JobFailed } from '../types.js';
import { verdictSchema, type ValidationRequest, type Verdict } from './messages.js';

const WATCH_INTERVAL_MS = 100;

/** Kept of what the process writes to standard error, for the log. */
const TAIL = 4000;

/** What the process runs, by default. */
export const VALIDATION_ENTRY = new URL('./child.js', import.meta.url);

/**
 * @param entry a module that answers a {@link ValidationRequest} by a {@link Verdict}.
 * @throws JobFailed where the process ends, hangs, outgrows its memory or talks nonsense; what `signal` aborts with.
 */
export async function validateInProcess(
  entry: URL,
  request: ValidationRequest,
  { maxBytes, maxSeconds }: ValidationLimits,
  signal: AbortSignal,
): Promise<Verdict> {
  signal.throwIfAborted();
  // What it writes beside the model's files goes with it, however it ends.
  const scratch = await mkdtemp(join(tmpdir(), 'gauntlet-validation-'));
  const child = fork(entry, {
    execArgv: [`--max-old-space-size=${Math.floor(maxBytes / 2 ** 20)}`],
    env: { ...inherited(), TMPDIR: scratch },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-TAIL)));
  const failures = new AbortController();
  const fail = (code: string, message: string) => failures.abort(new JobFailed(code, message, errors));

  const deadline = setTimeout(
    () => fail('VALIDATION_TIMEOUT', `Importing and running the model took more than ${maxSeconds} s.`),
    maxSeconds * 1000,
  );
  const watch = setInterval(() => {
    void residentBytes(child).then((bytes) => {
      if (bytes > maxBytes) fail('VALIDATION_OUT_OF_MEMORY', tooLarge(maxBytes));
    });
  }, WATCH_INTERVAL_MS);
  child.on('error', (error) => fail('VALIDATION_CRASHED', `The validation process failed: ${error.message}.`));
  // Not 'exit': its answer, or the reason on standard error, may come after that.
  child.once('close', (code, killedBy) => {
    // V8 ends a process whose heap is full by SIGABRT.
    if (/heap out of memory/.test(errors)) fail('VALIDATION_OUT_OF_MEMORY', tooLarge(maxBytes));
    else
      fail(
        'VALIDATION_CRASHED',
        `The process that imported and ran the model ended before it was done (${killedBy ?? `exit code ${code}`}).`,
      );
  });
  const stopped = AbortSignal.any([signal, failures.signal]);
  try {
    return await new Promise<Verdict>((resolve, reject) => {
      stopped.addEventListener('abort', () => reject(stopped.reason as Error), { once: true });
      child.once('message', (message) => {
        const parsed = verdictSchema.safeParse(message);
        if (parsed.success) resolve(parsed.data);
        else
          reject(
            new JobFailed('VALIDATION_CRASHED', 'The validation process returned an invalid verdict. Submit the model again.', errors),
          );
      });
      child.send(request);
    });
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
    await end(child);
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What the engine's libraries are found and set by. Nothing that is secret, such as the database's address. */
const INHERITED = /^(PATH|NODE_ENV|LD_LIBRARY_PATH|GAUNTLET_TENSORFLOW_BINDING|(TF|CUDA|NVIDIA)_\w+)$/;

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name)));
}

const tooLarge = (maxBytes: number) =>
  `Importing and running the model took more than ${Math.round(maxBytes / 2 ** 20)} MiB of memory. Submit a smaller model, or have GAUNTLET_VALIDATION_MEMORY raised.`;

/** Gone for certain, before its files are removed under it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Memory of the process, that of native libraries included, but for files that are mapped into it, which the system drops when it needs room; 0 where it has ended. */
async function residentBytes({ pid }: ChildProcess): Promise<number> {
  try {
    if (process.platform === 'linux') {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return (
        1024 * ['RssAnon', 'RssShmem'].reduce((sum, name) => sum + Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0), 0)
      );
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Number(stdout) * 1024;
  } catch {
    return 0;
  }
}
