/** An artifact store of a test's own: in its folder or, where GAUNTLET_TEST_S3 names a bucket on a server, under a new prefix there. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config.js';
import { ArtifactStore } from '../../../src/storage/artifacts.js';
import { LocalCache } from '../../../src/storage/local-cache.js';
import { openObjectStore } from '../../../src/storage/objects/open.js';
import type { ObjectStore } from '../../../src/storage/objects/types.js';

/** Such as `s3://bucket`; scripts/with-s3.sh sets it. */
export const S3_UNDER_TEST = process.env.GAUNTLET_TEST_S3;

/** For the environment of a server: a store that nobody else uses. */
export function storeVariables(): Record<string, string> {
  if (!S3_UNDER_TEST) return {};
  const sdk = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_')) as [string, string][];
  return { ...Object.fromEntries(sdk), GAUNTLET_ARTIFACTS: `${S3_UNDER_TEST}/${randomUUID()}` };
}

export interface TestStore {
  readonly objects: ObjectStore;
  readonly store: ArtifactStore;
  readonly cache: LocalCache;
}

/** One that is open, without a server. @param directory of a server's data. */
export async function openTestStore(directory: string, variables = storeVariables()): Promise<TestStore> {
  const { artifacts } = loadConfig({ GAUNTLET_DATA_DIR: directory, ...variables });
  const objects = await openObjectStore(artifacts, directory);
  await objects.prepare();
  const cache = new LocalCache(join(directory, 'fetched'), 2 ** 30);
  return { objects, cache, store: new ArtifactStore(objects, cache) };
}

/** Ids of everything in a store. */
export async function idsOf(store: ArtifactStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of store.list()) ids.push(id);
  return ids;
}
