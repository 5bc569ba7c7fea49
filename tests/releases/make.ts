/**
 * Keeps what a server of this version leaves behind, for tests of later versions: rows, artifacts, and what it answered. Run it when a version is released:
 * `npm run release:fixture -- 0.1.0` writes `tests/fixtures/releases/0.1.0.json.gz`.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { dataOf, graphqlClient, type GraphQLClient } from '../server/support/client.js';
import { finished, registerMnist, startEvaluation } from '../server/support/operations.js';
import { startProcess } from '../server/support/process.js';
import * as training from '../server/support/training.js';

/** What everyone is to get from this version on, in fields that are promised to clients. */
const QUERY = `query ($datasetId: ID!) {
  models(first: 10) { totalCount nodes { id name status parameterCount fingerprint owner visibility } }
  evaluations(first: 20) { totalCount nodes { id sampleCount seed model { name } attack { kind epsilon parameters } job { state progress { done total } }
    clean { top1 { value n } top5 { value } } adversarial { top1 { value lower upper n } } successRate { value n }
    meanDistortion { linf l2 l0 } medianDistortion { linf l2 } queries findings { code severity message }
    examples(first: 3) { nodes { index label success clean { label } adversarial { label } adversarialImageUrl } } } }
  transfers(first: 5) { totalCount nodes { id job { state } } }
  transferMatrix(input: { datasetId: $datasetId }) { cells { n } }
  certifications(first: 5) { totalCount nodes { id sigma sampleCount } }
  trainingRuns(first: 5) { totalCount nodes { id scheme outcome model { name status } series { step loss cleanAccuracy } } }
  leaderboard(input: { datasetId: $datasetId, norm: LINF, epsilon: 0.1 }) { entries { totalCount nodes { model { name } } } }
  datasets(first: 5) { nodes { id name exampleCount fingerprint } }
}`;

const version = process.argv[2];
if (!version) throw new Error('Name the version: npm run release:fixture -- 0.1.0');
const directory = await mkdtemp(join(tmpdir(), 'gauntlet-release-'));
try {
  const server = await startProcess('server.js', { GAUNTLET_DATA_DIR: directory, GAUNTLET_THREADS: '1', GAUNTLET_SANDBOX: 'none' });
  const graphql = graphqlClient(`${server.url}/graphql`, `Bearer ${server.token}`);
  const left = await work(graphql);
  await server.kill('SIGTERM');
  const fixture = { ...left, ...(await rowsOf(join(directory, 'database'))), artifacts: await filesOf(join(directory, 'artifacts')) };
  const folder = join('tests', 'fixtures', 'releases');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${version}.json.gz`), gzipSync(JSON.stringify(fixture), { level: 9 }));
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** Something of every kind. */
async function work(graphql: GraphQLClient) {
  const datasetId = await registerMnist(graphql);
  const modelIds = [await submit(graphql, 'first', 1), await submit(graphql, 'second', 2)];
  const [first] = modelIds;
  const attacks = [{ fgsm: { epsilon: 0.1 } }, { pgd: { epsilon: 0.1, steps: 3 } }];
  const { jobIds } = await startEvaluation(graphql, { modelIds, datasetId, attacks, sampleCount: 8, keepImages: true });
  for (const id of jobIds) await finished(graphql, id);
  const transfer = { sourceIds: [first], targetIds: modelIds, datasetId, attacks: attacks.slice(0, 1), sampleCount: 8 };
  await finished(graphql, await started(graphql, 'Transfer', transfer));
  const certification = { modelId: first, datasetId, sigma: 0.1, estimationSamples: 20, sampleCount: 2 };
  await finished(graphql, await started(graphql, 'Certification', certification));
  const architecture = { name: 'mlp', seed: 1, width: 0.0625 };
  const { jobId } = await training.start(graphql, training.input(datasetId, { name: 'trained', architecture, steps: 10, interval: 10 }));
  await finished(graphql, jobId);
  const create = 'mutation { createToken(input: { name: "reader", role: SUBMITTER }) { ... on CreateTokenSuccess { secret } } }';
  const { createToken } = await dataOf(graphql(create));
  const variables = { datasetId };
  return { query: QUERY, variables, answers: await dataOf(graphql(QUERY, variables)), token: createToken.secret as string };
}

async function submit(graphql: GraphQLClient, name: string, seed: number): Promise<string> {
  const query = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } } }`;
  const input = { name, visibility: 'PUBLIC', architecture: { name: 'mlp', seed, width: 0.0625 } };
  const { submitModel } = await dataOf(graphql(query, { input }));
  await finished(graphql, submitModel.job.id);
  return submitModel.model.id as string;
}

async function started(graphql: GraphQLClient, kind: 'Transfer' | 'Certification', input: object): Promise<string> {
  const query = `mutation ($input: Start${kind}Input!) { payload: start${kind}(input: $input) { ... on Start${kind}Success { job { id } } } }`;
  return (await dataOf(graphql(query, { input }))).payload.job.id as string;
}

/** All rows of all tables of ours, as JSON. */
async function rowsOf(folder: string) {
  const database = await PGlite.create(folder);
  const query = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows;
  const names = await query(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`);
  const tables: Record<string, unknown> = {};
  for (const { name } of names) {
    const [row] = await query(`SELECT coalesce(json_agg(t), '[]')::text AS rows FROM "${String(name)}" t`);
    tables[String(name)] = JSON.parse(row!.rows as string);
  }
  await database.close();
  const { _prisma_migrations: applied, ...rows } = tables as Record<string, unknown[]>;
  return { migrations: (applied as { migration_name: string }[]).map((row) => row.migration_name).sort(), rows };
}

/** Bytes in base64, by path. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = files.map(async (path) => [path.slice(folder.length + 1), (await readFile(path)).toString('base64')] as const);
  return Object.fromEntries(await Promise.all(read));
}
