/** A stored model, as compute reads it. @module */
import { type Endpoint, type ModelSource, withFurtherMap } from '../../compute/models/index.js';
import type { Dataset, Model } from '../../storage/generated/client.js';
import { endpointOf as shownEndpoint, specOf } from '../../storage/json.js';
import { modelFiles, type StoredFiles } from '../../storage/model-files.js';
import { type JobEnvironment, JobFailed } from '../types.js';

type Stored = StoredFiles & Pick<Model, 'id' | 'endpoint'>;

/** @param model one that is ready. @param mapped the classes that it has in an evaluation of its own. */
export async function modelSource(
  environment: Pick<JobEnvironment, 'modelFolders' | 'prisma' | 'secrets'>,
  model: Stored,
  mapped?: { readonly classMap: readonly number[]; readonly dataset: Pick<Dataset, 'classNames'> },
): Promise<ModelSource> {
  const own = specOf(model);
  const spec = mapped && mapped.classMap.length > 0 ? withFurtherMap(own, mapped.classMap, mapped.dataset.classNames) : own;
  if (!model.endpoint) return { ...(await modelFiles(environment.modelFolders, model)), spec };
  return { endpoint: await endpointOf(environment, model), spec };
}

/** With its authorization. @throws JobFailed where that was sealed by another key. */
export async function endpointOf(
  { prisma, secrets }: Pick<JobEnvironment, 'prisma' | 'secrets'>,
  model: Pick<Stored, 'id' | 'endpoint'>,
): Promise<Endpoint> {
  const row = await prisma.endpointSecret.findUnique({ where: { modelId: model.id } });
  const endpoint = shownEndpoint(model)!;
  if (!row) return endpoint;
  try {
    return { ...endpoint, authorization: secrets.unseal(row.sealed, model.id) };
  } catch (error) {
    throw new JobFailed(
      'SECRET_LOST',
      "The endpoint's authorization cannot be read: the server's key is another than when the model was submitted. Submit the model again.",
      (error as Error).message,
    );
  }
}
