/** Nothing phones home. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { graphqlClient } from '../server/support/client.js';
import { createTestDatabase, type TestDatabase } from '../server/support/database.js';
import { registerMnist, submitArchitecture, START } from '../server/support/operations.js';
import { traceOutbound } from '../server/support/outbound.js';
import { startProcess } from '../server/support/process.js';

/** onnxruntime's telemetry sends for the first time some 9 s after it was loaded. */
const IDLE_MS = 12_000;

let directory: string;
let database: TestDatabase;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-test-'));
  database = await createTestDatabase(directory);
});
afterAll(async () => {
  await database?.drop();
  await rm(directory, { recursive: true, force: true });
});

it('neither an idle server nor a submission looks up a name or connects to another machine, and the home folder stays empty', async () => {
  const home = join(directory, 'home');
  await mkdir(home);
  // Where there is no strace, the home folder tells: telemetry keeps the id of the device and what is still to be sent there.
  const trace = traceOutbound(join(directory, 'trace'));
  const server = await startProcess(
    'server.js',
    {
      HOME: home,
      GAUNTLET_DATA_DIR: directory,
      DATABASE_URL: database.url ?? '',
      // With these, Apollo reports queries and schema unless it is told not to.
      APOLLO_KEY: 'service:gauntlet:none',
      APOLLO_GRAPH_REF: 'gauntlet@current',
      APOLLO_SCHEMA_REPORTING: 'true',
    },
    trace,
  );
  const graphql = graphqlClient(`${server.url}/graphql`, `Bearer ${server.token}`);
  const [datasetId, modelId] = [await registerMnist(graphql), await submitArchitecture(graphql, 'stays here')];
  const attacks = [{ fgsm: { epsilon: '8/255' } }];
  await graphql(START, { input: { datasetId, modelIds: [modelId], attacks, sampleCount: 8 } });
  if (trace) await setTimeout(IDLE_MS);
  expect(await server.kill('SIGTERM')).toBe(0);
  expect(await readdir(home)).toEqual([]);
  expect((await trace?.addresses()) ?? []).toEqual([]);
});
