import type { ModelFiles } from '../compute/models/index.js';
import type { Model } from './generated/client.js';
import { specOf } from './json.js';
import type { ModelFolders } from './model-folders.js';

export type StoredFiles = Pick<Model, 'format' | 'artifactId' | 'spec' | 'access'>;

/** A stored model, as compute reads it. @param model one that is ready, and is not behind an endpoint. */
export async function modelFiles(folders: ModelFolders, model: StoredFiles): Promise<ModelFiles> {
  const { format, artifactId, access } = model;
  return { format: format!, directory: await folders.open(artifactId!), spec: specOf(model), access };
}
