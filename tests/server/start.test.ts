/** What an operator reads when a server cannot start. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startProcess } from './support/process.js';

const directory = await mkdtemp(join(tmpdir(), 'gauntlet-start-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

it('a data folder that cannot be made is reported in one line, with the settings to change', async () => {
  const file = join(directory, 'file');
  await writeFile(file, '');
  const lines = await startProcess('server.js', { GAUNTLET_DATA_DIR: file }).then(
    () => [],
    (error: Error) => error.message.trim().split('\n'),
  );
  expect(lines).toEqual(['server.js ended:', expect.stringMatching(/^gauntlet: EEXIST.*Check GAUNTLET_DATA_DIR/)]);
});
