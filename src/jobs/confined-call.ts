/** Asks a process of its own, so that a file that makes it crash, hang or eat memory takes nothing else with it. @module */
import type { z } from 'zod';
import type { Handlers } from '../compute/channel/index.js';
import { ComputeError, type ProcessDeath, systemCodeOf } from '../compute/errors.js';
import { ConfinedProcess, type Sandbox } from '../compute/process/index.js';
import { JobFailed, PartReturned } from './types.js';
import type { ValidationLimits } from './model/limits.js';

export interface ConfinedCall<Remote, Local, Verdict> {
  /** A module that answers `Remote`. */
  readonly entry: URL;
  readonly sandbox: Sandbox;
  readonly limits: ValidationLimits;
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  readonly handlers: Handlers<Local>;
  readonly signal: AbortSignal;
  ask(child: ConfinedProcess<Remote, Local>): Promise<unknown>;
  /** The process has opened a stranger's file: what it says is checked like any input. */
  readonly verdict: z.ZodType<Verdict>;
  readonly texts: FailureTexts;
}

/** Messages for the job's owner. */
export interface FailureTexts {
  readonly timeout: (seconds: number) => string;
  readonly outOfMemory: (mebibytes: number) => string;
  readonly invalidVerdict: string;
  readonly failed: (reason: string) => string;
  readonly ended: (reason: string) => string;
}

/** Threads that read and collect garbage take the processor beside the one that computes. */
const CPU_SHARE = 4;

/** @throws JobFailed where the process ends, hangs, outgrows its memory or talks nonsense; what `signal` aborts with. */
export async function callConfined<Remote, Local, Verdict>({
  limits: { maxBytes, maxSeconds },
  signal,
  ask,
  verdict,
  texts,
  ...options
}: ConfinedCall<Remote, Local, Verdict>): Promise<Verdict> {
  signal.throwIfAborted();
  const child = new ConfinedProcess<Remote, Local>({ ...options, maxBytes, maxHeapBytes: maxBytes, maxCpuSeconds: maxSeconds * CPU_SHARE });
  const failures = new AbortController();
  const deadline = setTimeout(() => failures.abort(new JobFailed('VALIDATION_TIMEOUT', texts.timeout(maxSeconds))), maxSeconds * 1000);
  void child.ended.then((death) => failures.abort(failureOf(death, maxBytes, texts)));
  const stopped = AbortSignal.any([signal, failures.signal]);
  try {
    return await new Promise<Verdict>((resolve, reject) => {
      stopped.addEventListener('abort', () => reject(stopped.reason as Error), { once: true });
      ask(child).then(
        (answer) => {
          const parsed = verdict.safeParse(answer);
          if (parsed.success) resolve(parsed.data);
          else reject(new JobFailed('VALIDATION_CRASHED', texts.invalidVerdict));
        },
        // Trouble of this machine, such as too many open files, is no verdict.
        (error: Error) => reject(systemCodeOf(error) ? error : new JobFailed('VALIDATION_CRASHED', texts.failed(error.message))),
      );
    });
  } finally {
    clearTimeout(deadline);
    // Gone for certain, before its files are removed under it.
    await child.kill();
    child.channel.close(new ComputeError('CANCELLED', 'The validation has ended.'));
  }
}

function failureOf(death: ProcessDeath, maxBytes: number, texts: FailureTexts): JobFailed | PartReturned {
  const { exitCode, signal, outOfMemory, errors, system } = death;
  if (system) return new PartReturned(`The validation process did not start: ${system}.`);
  if (outOfMemory === 'limit' || outOfMemory === 'heap')
    return new JobFailed('VALIDATION_OUT_OF_MEMORY', texts.outOfMemory(Math.round(maxBytes / 2 ** 20)), errors);
  const message = signal === null && exitCode === null ? texts.failed(errors) : texts.ended(signal ?? `exit code ${exitCode}`);
  return new JobFailed('VALIDATION_CRASHED', message, errors);
}
