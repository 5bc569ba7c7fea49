import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { startApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { openDatabase } from '../../src/storage/open-database.js';
import { ENGINE_UNDER_TEST } from '../test-engine.js';
import { createTestDatabase } from './support/database.js';
import { dataOf, graphqlClient } from './support/client.js';
import { finished, startEvaluation } from './support/operations.js';
import { sharedCompute } from './support/shared-compute.js';
import { validateHere } from './support/validation.js';

/** As tests/releases/make.ts writes it. */
interface Release {
  readonly query: string;
  readonly variables: { readonly datasetId: string };
  readonly answers: {
    readonly models: { readonly nodes: { readonly id: string; readonly name: string }[] };
    readonly evaluations: { readonly nodes: { readonly examples: { readonly nodes: { readonly adversarialImageUrl: string }[] } }[] };
  };
  readonly token: string;
  readonly migrations: readonly string[];
  readonly rows: Readonly<Record<string, readonly object[]>>;
  readonly artifacts: Readonly<Record<string, string>>;
}

const RELEASES = join('tests', 'fixtures', 'releases');
const releases = await readdir(RELEASES);

/** The database as that version left it. */
async function restore({ migrations, rows, artifacts }: Release, url: string | undefined, directory: string): Promise<void> {
  const { cacheDirectory, migrationsDirectory } = loadConfig({});
  const then = join(directory, 'migrations');
  for (const name of migrations) await cp(join(migrationsDirectory, name), join(then, name), { recursive: true });
  const database = await openDatabase(url, { dataDirectory: directory, cacheDirectory, migrationsDirectory: then, poolSize: 1 });
  await database.prisma.$transaction(async (tx) => {
    // Rows come in any order, and without what triggers add.
    await tx.$executeRawUnsafe('SET LOCAL session_replication_role = replica');
    for (const [table, ofTable] of Object.entries(rows)) {
      const columns = await tx.$queryRaw<{ name: string }[]>`SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = ${table} AND is_generated = 'NEVER'`;
      const list = columns.map(({ name }) => `"${name}"`).join(', ');
      const insert = `INSERT INTO "${table}" (${list}) SELECT ${list} FROM jsonb_populate_recordset(NULL::"${table}", $1::jsonb)`;
      await tx.$executeRawUnsafe(insert, JSON.stringify(ofTable));
    }
  });
  await database.close();
  for (const [path, bytes] of Object.entries(artifacts)) {
    const file = join(directory, 'artifacts', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, Buffer.from(bytes, 'base64'));
  }
}

describe.each(releases)('data of a server of version %s', (file) => {
  it('is brought up to date, and answers what it answered then; models run, images come, tokens let in', async () => {
    const release = JSON.parse(gunzipSync(await readFile(join(RELEASES, file))).toString()) as Release;
    const directory = await mkdtemp(join(tmpdir(), 'gauntlet-upgrade-'));
    const { url, drop } = await createTestDatabase();
    await restore(release, url, directory);
    const config = loadConfig({
      GAUNTLET_PORT: '0',
      GAUNTLET_DATA_DIR: directory,
      DATABASE_URL: url,
      GAUNTLET_DEMO: 'false',
      GAUNTLET_ENGINE: ENGINE_UNDER_TEST,
      GAUNTLET_THREADS: '1',
      GAUNTLET_SANDBOX: 'none',
    });
    const app = await startApplication(config, pino({ level: 'silent' }), { validate: validateHere, openCompute: sharedCompute });
    try {
      expect(app.firstToken).toBeUndefined();
      const authorization = `Bearer ${release.token}`;
      const graphql = graphqlClient(app.graphqlUrl, authorization);
      const asAdmin = `Bearer ${(await app.services.tokens.create({ name: 'admin', role: 'ADMIN' })).secret}`;
      const { query, variables, answers } = release;
      expect(await dataOf(graphqlClient(app.graphqlUrl, asAdmin)(query, variables))).toEqual(answers);
      const [model] = answers.models.nodes.filter(({ name }) => name === 'first');
      const attacks = [{ fgsm: { epsilon: 0.2 } }];
      const { jobIds } = await startEvaluation(graphql, { modelId: model!.id, datasetId: variables.datasetId, attacks, sampleCount: 8 });
      expect(await finished(graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
      const image = answers.evaluations.nodes[0]!.examples.nodes[0]!.adversarialImageUrl;
      expect((await fetch(app.url + image, { headers: { authorization } })).status).toBe(200);
      const ids = Object.keys(release.artifacts).filter((path) => /[\da-f]{64}$/.test(path));
      expect(ids.length).toBeGreaterThan(5);
      for (const path of ids) {
        const bytes = await readFile(join(directory, 'artifacts', path));
        expect(path.endsWith(createHash('sha256').update(bytes).digest('hex'))).toBe(true);
      }
    } finally {
      await app.close();
      await drop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
