/** Validates one submitted model: unpacks or builds it, imports it, runs it forward and backward, and says what it found. @module */
import { serializeError } from '../../compute/errors.js';
import type { ComputeService } from '../../compute/host/index.js';
import type { EndpointCaller, ModelCard } from '../../compute/models/index.js';
import { ArchiveError, extractArchive } from '../../storage/archive/index.js';
import { MAXIMUM_MESSAGE, type ValidationRequest, type Verdict } from './messages.js';

type OpenCompute = (request: ValidationRequest) => Promise<ComputeService>;

/**
 * Never fails: what goes wrong is a refusal. What it unpacked stays in the request's folder.
 * @param open the compute that imports and runs the model.
 */
export async function validateModel(request: ValidationRequest, open: OpenCompute): Promise<Verdict> {
  try {
    return { card: await inspect(request, open) } as Verdict;
  } catch (error) {
    const { code, message } = error instanceof ArchiveError ? error : serializeError(error);
    // Messages quote names, which may be of any length.
    return { refusal: { code, message: message.slice(0, MAXIMUM_MESSAGE) } };
  }
}

async function inspect(request: ValidationRequest, open: OpenCompute): Promise<ModelCard> {
  const { source, directory, format, spec, access } = request;
  if ('archive' in source) await extractArchive(source.archive, directory, source.limits);
  const compute = await open(request);
  if ('architecture' in source) return compute.buildModel(source.architecture, directory);
  const inspected = 'endpoint' in source ? { ...source, spec: spec ?? {} } : { format, directory, spec, access };
  return compute.inspectModel(inspected, request.datasets);
}

/**
 * A compute for one request alone, which ends with the process. TensorFlow.js takes most of a second to load, which an archive that is none need not wait for.
 * @param callEndpoint calls endpoints for a process that has no network.
 */
export function computeCalling(callEndpoint: EndpointCaller): OpenCompute {
  return async ({ engine, limits, remote }) => {
    const { ComputeService } = await import('../../compute/host/index.js');
    // A session holds weights and activations of its own, and a few images are all that is asked. Its process has a limit of its own.
    return new ComputeService({ engine: { ...engine, threads: 1 }, limits, remote, callEndpoint, memory: Infinity });
  };
}
