/**
 * The computing process of test servers: one for all servers of this process that want it alike, as starting it and compiling functions again took a third of their
 * time.
 */
import type { RangeReader } from '../../../src/compute/data/index.js';
import { type ComputeOptions, createCompute } from '../../../src/compute/host/compute.js';
import type { SupervisedCompute } from '../../../src/compute/host/types.js';
import { sharedCache, TEST_ENGINE } from '../../test-engine.js';

const computes = new Map<string, Promise<SupervisedCompute>>();

/** Of servers that are open. Artifacts are named by their content, so that whichever has one will do. */
const readers = new Set<RangeReader>();

async function readStored(...range: Parameters<RangeReader>): Promise<Uint8Array> {
  const errors: unknown[] = [];
  for (const read of readers) {
    try {
      return await read(...range);
    } catch (error) {
      errors.push(error);
    }
  }
  throw new AggregateError(errors, 'No server has these bytes.');
}

/** Closing it leaves it to the other servers; it ends with the process. */
export async function sharedCompute(options: ComputeOptions): Promise<SupervisedCompute> {
  const { engine, threads } = options.engine;
  const reader = options.readStored;
  if (reader) readers.add(reader);
  // Each server has other folders, which a sandbox would be made for.
  const alike = {
    ...options,
    readStored,
    readable: [],
    sandbox: undefined,
    engine: { ...TEST_ENGINE, engine, threads, cacheDirectory: sharedCache() },
  };
  const key = JSON.stringify(alike);
  let compute = computes.get(key);
  if (!compute) computes.set(key, (compute = createCompute(alike)));
  return Object.assign(Object.create(await compute) as SupervisedCompute, {
    close() {
      if (reader) readers.delete(reader);
      return Promise.resolve();
    },
  });
}
