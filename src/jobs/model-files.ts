/** A stored model, as compute reads it. @module */
import type { ModelFiles } from '../compute/host/types.js';
import type { ModelSpec } from '../compute/models/types.js';
import type { Model } from '../storage/generated/client.js';
import type { JobEnvironment } from './types.js';

/** @param model one that is ready. */
export async function modelFiles(
  { modelFolders }: Pick<JobEnvironment, 'modelFolders'>,
  { format, artifactId, spec }: Pick<Model, 'format' | 'artifactId' | 'spec'>,
): Promise<ModelFiles> {
  return { format: format!, directory: await modelFolders.open(artifactId!), spec: spec as unknown as ModelSpec };
}
