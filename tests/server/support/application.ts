/** A real server on a real database, with real compute, for one test file. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { startApplication, type Application } from '../../../src/application.js';
import { loadConfig } from '../../../src/config.js';
import type { RuntimeOptions } from '../../../src/runtime.js';
import type { Role } from '../../../src/storage/generated/client.js';
import { ENGINE_UNDER_TEST } from '../../test-engine.js';
import { createTestDatabase } from './database.js';
import { graphqlClient, until, type GraphQLClient } from './client.js';
import { sharedCompute } from './shared-compute.js';
import { idsOf, storeVariables } from './store.js';
import { readDatasetsHere, validateHere } from './validation.js';

export interface TestApplication extends Application {
  readonly directory: string;
  /** As an admin. */
  readonly graphql: GraphQLClient;
  /** A header that lets in: as an admin, or with a new token of this name and role. */
  readonly authorization: string;
  authorizationOf(name: string, role: Role): Promise<string>;
  /** Resolves when no worker is busy any more with a job that has ended: it still stops, or deletes files, when clients see the last state. */
  atRest(): Promise<void>;
  /** Everything that a failed request must leave as it was, once the server is at rest: rows of each table and files of each store. */
  inventory(): Promise<Record<string, number>>;
}

/** @param options with a `log` in place of the silent one. */
export async function startTestApplication(
  variables: Record<string, string> = {},
  { log, ...options }: RuntimeOptions & { log?: Logger } = {},
): Promise<TestApplication> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-test-'));
  const database = await createTestDatabase(directory);
  const config = loadConfig({
    GAUNTLET_PORT: '0',
    GAUNTLET_DATA_DIR: directory,
    GAUNTLET_DEMO: 'false',
    GAUNTLET_LOG_LEVEL: process.env.GAUNTLET_LOG_LEVEL ?? 'silent',
    GAUNTLET_LOG_PRETTY: 'false',
    GAUNTLET_ENGINE: ENGINE_UNDER_TEST,
    // Test files run beside each other.
    GAUNTLET_THREADS: '1',
    // tests/server/sandbox.test.ts is about it.
    GAUNTLET_SANDBOX: 'none',
    // All tests come from one address.
    GAUNTLET_FAILED_TOKENS_PER_MINUTE: '1000000',
    DATABASE_URL: database.url,
    ...storeVariables(),
    ...variables,
  });
  const shared = { validate: validateHere, readDatasets: readDatasetsHere, openCompute: sharedCompute };
  const application = await startApplication(config, log ?? pino({ level: config.log.level }), { ...shared, ...options });
  const { prisma } = application.runtime.database;
  const authorization = `Bearer ${application.firstToken}`;
  const files = async (folder: string) => (await readdir(join(directory, folder)).catch(() => [])).length;
  const atRest = async () => {
    const busy = () =>
      prisma.$queryRaw<object[]>`SELECT q.id FROM queue.job q WHERE q.state = 'active' AND NOT EXISTS (
        SELECT FROM "Job" j LEFT JOIN "JobPart" p ON p."jobId" = j.id
        WHERE j.state IN ('QUEUED', 'RUNNING') AND (p.id = q.id OR j.id::TEXT = q.data ->> 'jobId'))`;
    await until(async () => (await busy()).length === 0, 'workers to let go of jobs that have ended');
  };
  return {
    ...application,
    directory,
    graphql: graphqlClient(application.graphqlUrl, authorization),
    authorization,
    authorizationOf: async (name, role) => `Bearer ${(await application.services.tokens.create({ name, role })).secret}`,
    atRest,
    async inventory() {
      await atRest();
      return {
        artifacts: await prisma.artifact.count(),
        models: await prisma.model.count(),
        datasets: await prisma.dataset.count(),
        jobs: await prisma.job.count(),
        evaluations: await prisma.evaluation.count(),
        shards: await prisma.jobPart.count(),
        uploads: await prisma.upload.count(),
        artifactFiles: (await idsOf(application.runtime.artifacts)).length,
        incomingFiles: await files('artifacts/incoming'),
        modelFolders: (await application.runtime.cache.names()).filter((name) => name.endsWith('.model')).length,
        uploadFiles: await files('uploads'),
      };
    },
    async close() {
      await application.close();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
