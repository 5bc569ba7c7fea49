/** Before and after all tests: a folder for what they share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setup(): Promise<() => Promise<void>> {
  const templates = await mkdtemp(join(tmpdir(), 'gauntlet-templates-'));
  process.env.GAUNTLET_TEST_TEMPLATES = templates;
  return () => rm(templates, { recursive: true, force: true });
}
