/** Another network that does the same as a shipped one. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config.js';

/** @param folder of the shipped model. @param use gets a folder whose last weight is a little larger; it is removed afterwards. */
export async function withNearCopy<Result>(folder: string, use: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-near-'));
  try {
    await cp(join(loadConfig({}).assetsDirectory, 'models', folder), directory, { recursive: true });
    const weights = await readFile(join(directory, 'weights.bin'));
    weights.writeFloatLE(weights.readFloatLE(weights.length - 4) + 1e-6, weights.length - 4);
    await writeFile(join(directory, 'weights.bin'), weights);
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
