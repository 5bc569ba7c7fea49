/** Validates a model in a process of its own, so that one that crashes, hangs or eats memory takes nothing else with it. @module */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ComputeError, type ProcessDeath } from '../../compute/errors.js';
import { Endpoints } from '../../compute/host/index.js';
import { ConfinedProcess, NO_SANDBOX, type Sandbox } from '../../compute/process/index.js';
import { DEFAULT_REMOTE_POLICY } from '../../compute/models/index.js';
import { JobFailed } from '../types.js';
import type { ValidationLimits } from './limits.js';
import { type ServerFunctions, type ValidationFunctions, type ValidationRequest, type Verdict, verdictSchema } from './messages.js';

/** What the process runs, by default. */
export const VALIDATION_ENTRY = new URL('./child.js', import.meta.url);

/** Threads that read and collect garbage take the processor beside the one that computes. */
const CPU_SHARE = 4;

/**
 * @param entry a module that answers {@link ValidationFunctions}.
 * @throws JobFailed where the process ends, hangs, outgrows its memory or talks nonsense; what `signal` aborts with.
 */
export async function validateInProcess(
  entry: URL,
  request: ValidationRequest,
  { maxBytes, maxSeconds }: ValidationLimits,
  signal: AbortSignal,
  sandbox: Sandbox = NO_SANDBOX,
): Promise<Verdict> {
  signal.throwIfAborted();
  const endpoints = new Endpoints(request.remote ?? DEFAULT_REMOTE_POLICY);
  const child = new ConfinedProcess<ValidationFunctions, ServerFunctions>({
    ...{ entry, sandbox, maxBytes, maxHeapBytes: maxBytes, maxCpuSeconds: maxSeconds * CPU_SHARE },
    ...reachOf(request),
    handlers: { callEndpoint: ([endpoint, message], aborted) => endpoints.call(endpoint, message, aborted) },
  });
  const failures = new AbortController();
  const deadline = setTimeout(() => {
    failures.abort(new JobFailed('VALIDATION_TIMEOUT', `Importing and running the model took more than ${maxSeconds} s.`));
  }, maxSeconds * 1000);
  void child.ended.then((death) => failures.abort(failureOf(death, maxBytes)));
  const stopped = AbortSignal.any([signal, failures.signal]);
  try {
    return await new Promise<Verdict>((resolve, reject) => {
      stopped.addEventListener('abort', () => reject(stopped.reason as Error), { once: true });
      child.call('validate', [endpoints.withheld(inside(request, child.scratch))]).then(
        (verdict) => {
          const parsed = verdictSchema.safeParse(verdict);
          if (parsed.success) resolve(parsed.data);
          else reject(new JobFailed('VALIDATION_CRASHED', 'The validation process returned an invalid verdict. Submit the model again.'));
        },
        (error: Error) => reject(new JobFailed('VALIDATION_CRASHED', `The validation process failed: ${error.message}.`)),
      );
    });
  } finally {
    clearTimeout(deadline);
    // Gone for certain, before its files are removed under it.
    await child.kill();
    child.channel.close(new ComputeError('CANCELLED', 'The validation has ended.'));
    endpoints.close();
  }
}

/** The archive, the data sets that the model may be of, and what was compiled before; nothing that others read later can be written. */
function reachOf({ source, datasets = [], engine, directory }: ValidationRequest) {
  const readable = [
    ...('archive' in source ? [source.archive] : []),
    ...datasets.flatMap(({ source: { directory } }) => directory ?? []),
    ...(engine.cacheDirectory === undefined ? [] : [engine.cacheDirectory]),
  ];
  return { readable, writable: existsSync(directory) ? [directory] : [] };
}

/** An archive is unpacked into the process's own folder: nobody else needs its files, which may be links. */
function inside(request: ValidationRequest, scratch: string): ValidationRequest {
  return 'architecture' in request.source ? request : { ...request, directory: join(scratch, 'model') };
}

function failureOf(death: ProcessDeath, maxBytes: number): JobFailed {
  const { exitCode, signal, outOfMemory, errors } = death;
  if (outOfMemory === 'limit' || outOfMemory === 'heap') {
    const message = `Importing and running the model took more than ${Math.round(maxBytes / 2 ** 20)} MiB of memory. Submit a smaller model, or have GAUNTLET_VALIDATION_MEMORY raised.`;
    return new JobFailed('VALIDATION_OUT_OF_MEMORY', message, errors);
  }
  if (signal === null && exitCode === null) return new JobFailed('VALIDATION_CRASHED', `The validation process failed: ${errors}.`, errors);
  const message = `The process that imported and ran the model ended before it was done (${signal ?? `exit code ${exitCode}`}).`;
  return new JobFailed('VALIDATION_CRASHED', message, errors);
}
