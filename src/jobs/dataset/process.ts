/** Reads an uploaded data set, or looks through it, in a process of its own. @module */
import { NO_SANDBOX, type Sandbox } from '../../compute/process/index.js';
import { callConfined, type FailureTexts } from '../confined-call.js';
import type { ValidationLimits } from '../model/limits.js';
import {
  type DatasetFunctions,
  type DatasetInspectionRequest,
  datasetInspectionSchema,
  type DatasetInspectionVerdict,
  type DatasetRequest,
  type DatasetVerdict,
  datasetVerdictSchema,
  type UploadToRead,
} from './messages.js';

const ENTRY = new URL('./child.js', import.meta.url);

const TEXTS: FailureTexts = {
  timeout: (seconds) => `Reading the data set took more than ${seconds} s. Upload a smaller one, or have GAUNTLET_DATASET_SECONDS raised.`,
  outOfMemory: (mebibytes) =>
    `Reading the data set took more than ${mebibytes} MiB of memory. Upload smaller pictures, Parquet with smaller row groups, or have GAUNTLET_DATASET_MEMORY raised.`,
  invalidVerdict: 'The process that read the data set returned an invalid verdict. Register it again.',
  failed: (reason) => `The process that read the data set failed: ${reason}.`,
  ended: (reason) => `The process that read the data set ended before it was done (${reason}).`,
};

/** @throws JobFailed where the process ends, hangs, outgrows its memory or talks nonsense; what `signal` aborts with. */
export const readDatasetInProcess = (
  request: DatasetRequest,
  limits: ValidationLimits,
  signal: AbortSignal,
  sandbox: Sandbox = NO_SANDBOX,
): Promise<DatasetVerdict> =>
  callConfined<DatasetFunctions, object, DatasetVerdict>({
    ...{ ...optionsFor(request), sandbox, limits, signal, verdict: datasetVerdictSchema },
    ask: (child) => child.call('read', [request]),
  });

/** The same for a look. */
export const inspectDatasetInProcess = (
  request: DatasetInspectionRequest,
  limits: ValidationLimits,
  signal: AbortSignal,
  sandbox: Sandbox = NO_SANDBOX,
): Promise<DatasetInspectionVerdict> =>
  callConfined<DatasetFunctions, object, DatasetInspectionVerdict>({
    ...{ ...optionsFor(request), sandbox, limits, signal, verdict: datasetInspectionSchema },
    ask: (child) => child.call('inspect', [request]),
  });

const optionsFor = ({ upload, directory }: UploadToRead) => ({
  ...{ entry: ENTRY, texts: TEXTS, handlers: {} },
  readable: [upload],
  writable: [directory],
});
