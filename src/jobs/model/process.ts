/** Validates a model in a process of its own. @module */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RangeReader } from '../../compute/data/index.js';
import { Endpoints } from '../../compute/host/index.js';
import { NO_SANDBOX, type Sandbox } from '../../compute/process/index.js';
import { DEFAULT_REMOTE_POLICY } from '../../compute/models/index.js';
import { callConfined, type FailureTexts } from '../confined-call.js';
import type { ValidationLimits } from './limits.js';
import { type ServerFunctions, type ValidationFunctions, type ValidationRequest, type Verdict, verdictSchema } from './messages.js';

/** What the process runs, by default. */
export const VALIDATION_ENTRY = new URL('./child.js', import.meta.url);

const TEXTS: FailureTexts = {
  timeout: (seconds) => `Importing and running the model took more than ${seconds} s.`,
  outOfMemory: (mebibytes) =>
    `Importing and running the model took more than ${mebibytes} MiB of memory. Submit a smaller model, or have GAUNTLET_VALIDATION_MEMORY raised.`,
  invalidVerdict: 'The validation process returned an invalid verdict. Submit the model again.',
  failed: (reason) => `The validation process failed: ${reason}.`,
  ended: (reason) => `The process that imported and ran the model ended before it was done (${reason}).`,
};

/**
 * @param entry a module that answers {@link ValidationFunctions}.
 * @throws JobFailed where the process ends, hangs, outgrows its memory or talks nonsense; what `signal` aborts with.
 */
export async function validateInProcess(
  entry: URL,
  request: ValidationRequest,
  limits: ValidationLimits,
  signal: AbortSignal,
  { sandbox = NO_SANDBOX, readStored }: { readonly sandbox?: Sandbox; readonly readStored?: RangeReader } = {},
): Promise<Verdict> {
  const endpoints = new Endpoints(request.remote ?? DEFAULT_REMOTE_POLICY);
  try {
    return await callConfined<ValidationFunctions, ServerFunctions, Verdict>({
      ...{ entry, sandbox, limits, signal, verdict: verdictSchema, texts: TEXTS },
      ...reachOf(request),
      handlers: {
        callEndpoint: ([endpoint, message], aborted) => endpoints.call(endpoint, message, aborted),
        readStored([id, ...range]) {
          // Of the store, it may read what it was given to read.
          const isGiven = request.datasets?.some(({ source }) => source.stored?.id === id);
          if (!isGiven || !readStored) throw new Error('This is none of the data sets that the model is tried on.');
          return readStored(id, ...range);
        },
      },
      ask: (child) => child.call('validate', [endpoints.withheld(inside(request, child.scratch))]),
    });
  } finally {
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
