/** Validates one submitted model: unpacks or builds it, imports it, runs it forward and backward, and says what it found. @module */
import type { RangeReader } from '../../compute/data/index.js';
import { serializeError, systemCodeOf } from '../../compute/errors.js';
import type { ComputeService } from '../../compute/host/index.js';
import type { EndpointCaller, FileDescription, ModelCard } from '../../compute/models/index.js';
import { ArchiveError, type ArchiveLimits, extractArchive } from '../../storage/archive/index.js';
import { cardOfReadme, cardOfValues, type ModelCardFields } from '../../results/model-card.js';
import { MAXIMUM_MESSAGE, type ValidationRequest, type Verdict } from './messages.js';

type OpenCompute = (request: ValidationRequest) => Promise<ComputeService>;

/**
 * Never fails: what goes wrong is a refusal, or trouble of the system, which says nothing about the model. What it unpacked stays in the request's folder.
 * @param open the compute that imports and runs the model.
 */
export async function validateModel(request: ValidationRequest, open: OpenCompute): Promise<Verdict> {
  try {
    const card = await inspect(request, open);
    return { card, ...(await described(request)), ...(await aboutItself(request)) } as Verdict;
  } catch (error) {
    const trouble = systemCodeOf(error);
    if (trouble) return { trouble };
    const { code, message } = error instanceof ArchiveError ? error : serializeError(error);
    // Messages quote names, which may be of any length.
    return { refusal: { code, message: message.slice(0, MAXIMUM_MESSAGE) }, ...(await described(request)) } as Verdict;
  }
}

/** Nothing where the files are not wanted, or cannot be read. */
async function described({ describe, directory, limits }: ValidationRequest): Promise<{ file?: FileDescription }> {
  if (!describe) return {};
  const { DEFAULT_MODEL_LIMITS, describeFiles } = await import('../../compute/models/index.js');
  return describeFiles(directory, { ...DEFAULT_MODEL_LIMITS, ...limits }).then(
    (file) => ({ file }),
    () => ({}),
  );
}

/** A card of what an archive's README and an ONNX file's metadata say; the README comes first. Nothing where there is no word. */
async function aboutItself({ source, directory, limits }: ValidationRequest): Promise<{ about?: ModelCardFields }> {
  if (!('archive' in source)) return {};
  const { DEFAULT_MODEL_LIMITS, describeItself } = await import('../../compute/models/index.js');
  const itself = await describeItself(directory, { ...DEFAULT_MODEL_LIMITS, ...limits }).catch(() => undefined);
  if (!itself) return {};
  const { metadata, readme } = itself;
  const about = { ...cardOfValues(metadata), ...(readme !== null && cardOfReadme(readme)) };
  return Object.keys(about).length > 0 ? { about } : {};
}

async function inspect(request: ValidationRequest, open: OpenCompute): Promise<ModelCard> {
  const { source, directory, format, spec, access } = request;
  if ('archive' in source) await unpack(source.archive, directory, source.limits);
  const compute = await open(request);
  if ('architecture' in source) return compute.buildModel(source.architecture, directory);
  const inspected = 'endpoint' in source ? { ...source, spec: spec ?? {} } : { format, directory, spec, access };
  return compute.inspectModel(inspected, request.datasets, request.check);
}

/** @throws ArchiveError; ComputeError INVALID_MODEL where the upload is a file of another tool, with the lines that export it. */
async function unpack(archive: string, directory: string, limits: ArchiveLimits): Promise<void> {
  try {
    await extractArchive(archive, directory, limits);
  } catch (error) {
    // Loaded on demand: TensorFlow.js comes with it.
    if (error instanceof ArchiveError && error.code === 'INVALID_ARCHIVE')
      await (await import('../../compute/models/index.js')).refuseForeignFile(archive);
    throw error;
  }
}

/**
 * A compute for one request alone, which ends with the process. TensorFlow.js takes most of a second to load, which an archive that is none need not wait for.
 * @param callEndpoint calls endpoints for a process that has no network. @param readStored reads data sets of a store elsewhere.
 */
export function computeCalling(callEndpoint: EndpointCaller, readStored?: RangeReader): OpenCompute {
  return async ({ engine, limits, remote }) => {
    const { ComputeService } = await import('../../compute/host/index.js');
    // A session holds weights and activations of its own, and a few images are all that is asked. Its process has a limit of its own.
    return new ComputeService({ engine: { ...engine, threads: 1 }, limits, remote, callEndpoint, readStored, memory: Infinity });
  };
}
