import type { ModelFiles } from '../compute/models/source.js';
import type { ModelSpec } from '../compute/models/types.js';
import type { Model } from './generated/client.js';
import type { ModelFolders } from './model-folders.js';

export type StoredFiles = Pick<Model, 'format' | 'artifactId' | 'spec' | 'access'>;

/** A stored model, as compute reads it. @param model one that is ready, and is not behind an endpoint. */
export async function modelFiles(folders: ModelFolders, { format, artifactId, spec, access }: StoredFiles): Promise<ModelFiles> {
  return { format: format!, directory: await folders.open(artifactId!), spec: spec as unknown as ModelSpec, access };
}
