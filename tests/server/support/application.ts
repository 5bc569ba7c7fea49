/** A real server on a real database, with real compute, for one test file. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApplication, type Application } from '../../../src/application.js';
import { loadConfig } from '../../../src/config.js';
import type { RuntimeOptions } from '../../../src/runtime.js';
import type { Role } from '../../../src/storage/generated/client.js';
import { createTestDatabase } from './database.js';
import { graphqlClient, type GraphQLClient } from './client.js';

export interface TestApplication extends Application {
  readonly directory: string;
  /** As an admin. */
  readonly graphql: GraphQLClient;
  /** A header that lets in: as an admin, or with a new token of this name and role. */
  readonly authorization: string;
  authorizationOf(name: string, role: Role): Promise<string>;
  /**
   * Everything that a failed request must leave as it was: rows of each table and files of each store.
   * Poll it after a job: files go only once the job's last state is committed, which a client may see before they are gone.
   */
  inventory(): Promise<Record<string, number>>;
}

export async function startTestApplication(variables: Record<string, string> = {}, options: RuntimeOptions = {}): Promise<TestApplication> {
  const directory = await mkdtemp(join(tmpdir(), 'gauntlet-test-'));
  const database = await createTestDatabase(directory);
  const config = loadConfig({
    GAUNTLET_PORT: '0',
    GAUNTLET_DATA_DIR: directory,
    GAUNTLET_DEMO: 'false',
    GAUNTLET_LOG_LEVEL: process.env.GAUNTLET_LOG_LEVEL ?? 'silent',
    GAUNTLET_LOG_PRETTY: 'false',
    DATABASE_URL: database.url,
    ...variables,
  });
  const application = await startApplication(config, pino({ level: config.log.level }), options);
  const { prisma } = application.runtime.database;
  const authorization = `Bearer ${application.firstToken}`;
  const files = async (folder: string) => (await readdir(join(directory, folder)).catch(() => [])).length;
  return {
    ...application,
    directory,
    graphql: graphqlClient(application.graphqlUrl, authorization),
    authorization,
    authorizationOf: async (name, role) => `Bearer ${(await application.services.tokens.create({ name, role })).secret}`,
    async inventory() {
      return {
        artifacts: await prisma.artifact.count(),
        models: await prisma.model.count(),
        datasets: await prisma.dataset.count(),
        jobs: await prisma.job.count(),
        evaluations: await prisma.evaluation.count(),
        shards: await prisma.evaluationShard.count(),
        uploads: await prisma.upload.count(),
        artifactFiles: (await application.runtime.artifacts.list()).length,
        incomingFiles: await files('artifacts/incoming'),
        modelFolders: await files('models'),
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
