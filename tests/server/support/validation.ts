/**
 * Where test servers validate models: by the code of the validation process, but in this process, which takes a tenth of the time. Tests that speak of the
 * process itself, and one of each way to submit a model, ask for {@link inOwnProcess}.
 */
import { ComputeService } from '../../../src/compute/host/service.js';
import type { Sandbox } from '../../../src/compute/process/index.js';
import { loadConfig } from '../../../src/config.js';
import { VALIDATION_ENTRY, validateInProcess } from '../../../src/jobs/model/process.js';
import type { ValidationLimits } from '../../../src/jobs/model/limits.js';
import { verdictSchema, type ValidationRequest, type Verdict } from '../../../src/jobs/model/messages.js';
import { validateModel } from '../../../src/jobs/model/validate-model.js';
import { datasetInspectionSchema, datasetVerdictSchema } from '../../../src/jobs/dataset/messages.js';
import { inspectDataset, readDataset } from '../../../src/jobs/dataset/read-dataset.js';
import type { DatasetReading, ValidationOptions } from '../../../src/jobs/types.js';
import { TEST_ENGINE } from '../../test-engine.js';

type Validate = ValidationOptions['validate'];

/** By what they are made with; shared by all servers of this process. */
const computes = new Map<string, ComputeService>();

function computeFor({ engine, limits, remote }: ValidationRequest): ComputeService {
  const key = JSON.stringify([engine.engine, limits, remote]);
  let compute = computes.get(key);
  if (!compute) computes.set(key, (compute = new ComputeService({ engine: { ...TEST_ENGINE, engine: engine.engine }, limits, remote })));
  return compute;
}

/** @param compute that imports and runs the model. @returns the verdict as the server hears it. */
export async function verdictHere(request: ValidationRequest, compute: ComputeService): Promise<Verdict> {
  const verdict = await validateModel(request, () => Promise.resolve(compute));
  return verdictSchema.parse(JSON.parse(JSON.stringify(verdict)));
}

export const validateHere: Validate = (request) => verdictHere(request, computeFor(request));

/** @param entry of the process. @param limits in place of the defaults. @param sandbox default: none. */
export function inOwnProcess(
  entry = VALIDATION_ENTRY,
  limits: Partial<ValidationLimits> = {},
  sandbox?: Sandbox,
): { readonly validate: Validate } {
  const validation = { ...loadConfig({}).validation, ...limits };
  return { validate: (request, signal) => validateInProcess(entry, request, validation, signal, { sandbox }) };
}

/** Reads uploaded data sets by the code of their process, but in this one. What it returns is as the server hears it. */
export const readDatasetsHere: Pick<DatasetReading, 'read' | 'inspect'> = {
  read: async (request) => datasetVerdictSchema.parse(JSON.parse(JSON.stringify(await readDataset(request)))),
  inspect: async (request) => datasetInspectionSchema.parse(JSON.parse(JSON.stringify(await inspectDataset(request)))),
};
