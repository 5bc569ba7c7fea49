import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, graphqlClient, until, type GraphQLClient } from '../server/support/client.js';
import { createTestDatabase, type TestDatabase } from '../server/support/database.js';
import { finished, readJob, registerMnist, startEvaluation, submitArchitecture } from '../server/support/operations.js';
import { collect } from '../server/support/subscription.js';
import { startProcess, type ServerProcess } from '../server/support/process.js';
import { storeVariables } from '../server/support/store.js';

// Many small parts, so that there is time to kill between them, even where this process waits for its turn.
const SHARD = 10;
// Of the process that resumes: a server may have another configuration.
const LARGER_SHARD = 250;
const SAMPLES = 1500;

const store = storeVariables();
let directory: string;
let database: TestDatabase;
let server: ServerProcess | undefined;
let authorization = '';
let datasetId: string | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gauntlet-kill-'));
  database = await createTestDatabase(directory);
});
afterAll(async () => {
  await server?.kill('SIGKILL');
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const start = async (shard = SHARD) => {
  server = await startProcess('server.js', {
    GAUNTLET_DATA_DIR: directory,
    DATABASE_URL: database.url,
    ...store,
    GAUNTLET_SHARD_SIZE: String(shard),
    GAUNTLET_QUEUE_HEARTBEAT_SECONDS: '10',
  });
  // Printed by the first start alone.
  if (server.token) authorization = `Bearer ${server.token}`;
  return { server, graphql: graphqlClient(`${server.url}/graphql`, authorization) };
};

/** Registered by whichever test comes first. */
const mnist = async (graphql: GraphQLClient) => (datasetId ??= await registerMnist(graphql));

/**
 * Where a server took up its job, and the progress that it made since. Its log says so exactly; progress read over HTTP may be that of steps later.
 * @param unit of the job's progress.
 */
function resumption(output: string, unit: string) {
  const steps = output.matchAll(new RegExp(`"done":(\\d+),"total":\\d+,"unit":"${unit}"`, 'g'));
  return {
    from: Number(new RegExp(`resumes after (\\d+) of \\d+ ${unit}`).exec(output)?.[1]),
    steps: [...steps].map(([, done]) => Number(done)),
  };
}

const RESULTS = `query ($id: ID!, $after: String) { evaluation(id: $id) {
  clean { top1 { value } } adversarial { top1 { value } top5 { value } } successRate { value n } meanDistortion { linf l2 l0 } queries gradients
  examples(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { index label success queries
    clean { label confidence } adversarial { label confidence top5 } distortion { linf l2 l0 } } } } }`;

async function results(graphql: GraphQLClient, id: string) {
  const examples: object[] = [];
  for (let after: string | undefined; ;) {
    const { evaluation } = await dataOf(graphql(RESULTS, { id, after }));
    const { examples: page, ...numbers } = evaluation;
    examples.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return { numbers, examples };
    after = page.pageInfo.endCursor;
  }
}

describe('a server killed in the middle of an evaluation', () => {
  it('resumes after a restart from its finished parts, and ends with the same numbers', async () => {
    const first = await start();
    const modelId = await submitArchitecture(first.graphql, 'model');
    const input = {
      modelId,
      datasetId: await mnist(first.graphql),
      attacks: [{ stepRnd: { epsilon: 0.2 } }],
      sampleCount: SAMPLES,
      seed: 5,
    };
    const { jobIds, evaluationIds } = await startEvaluation(first.graphql, input);
    await until(async () => (await readJob(first.graphql, jobIds[0]!)).progress.done >= 3 * SHARD, 'three shards');
    await first.server.kill('SIGKILL');

    const second = await start(LARGER_SHARD);
    expect(await finished(second.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', progress: { done: SAMPLES } });
    const { from, steps } = resumption(second.server.output(), 'images');
    expect(from).toBeGreaterThanOrEqual(3 * SHARD);
    const left = (SAMPLES - from) / SHARD;
    expect(steps, 'no finished part is computed again').toEqual(Array.from({ length: left }, (_, i) => from + SHARD * (i + 1)));

    // The same without interruption, of another model with the same weights.
    const twin = await submitArchitecture(second.graphql, 'twin');
    const whole = await startEvaluation(second.graphql, { ...input, modelId: twin });
    await finished(second.graphql, whole.jobIds[0]!);
    const [interrupted, uninterrupted] = [
      await results(second.graphql, evaluationIds[0]!),
      await results(second.graphql, whole.evaluationIds[0]!),
    ];
    expect(interrupted.examples).toHaveLength(SAMPLES);
    expect(interrupted).toEqual(uninterrupted);
    expect(await second.server.kill('SIGTERM')).toBe(0);
  });

  it('evaluates only the remaining parts of a transfer', async () => {
    const first = await start();
    const targetIds: string[] = [];
    for (const seed of [11, 12, 13]) targetIds.push(await submitArchitecture(first.graphql, `target ${seed}`, 'mlp', seed));
    const attacks = [{ fgsm: { epsilon: 0.1 } }, { fgsm: { epsilon: 0.2 } }];
    const input = { sourceIds: targetIds, targetIds, datasetId: await mnist(first.graphql), attacks, sampleCount: 200 };
    const transfer = `mutation ($input: StartTransferInput!) { startTransfer(input: $input) { ... on StartTransferSuccess { job { id } } } }`;
    const { startTransfer } = await dataOf(first.graphql(transfer, { input }));
    const jobId = startTransfer.job.id as string;
    await until(async () => (await readJob(first.graphql, jobId)).progress.done >= 2, 'two pairs');
    await first.server.kill('SIGKILL');

    const second = await start(LARGER_SHARD);
    expect(await finished(second.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', progress: { done: 18, total: 18 } });
    expect(await second.server.kill('SIGTERM')).toBe(0);
    const { from, steps } = resumption(second.server.output(), 'pairs');
    expect(from).toBeGreaterThanOrEqual(2);
    const parts = (targetIds.length * 200) / SHARD;
    expect(steps.length, 'no finished part is computed again').toBeLessThanOrEqual(parts - Math.floor((from / 18) * parts));
    expect(steps.at(-1)).toBe(18);
  });

  it.skipIf(process.env.GAUNTLET_TEST_DATABASE_URL)('locks its folder against a second process', async () => {
    const { server: holder } = await start();
    await expect(startProcess('server.js', { GAUNTLET_DATA_DIR: directory })).rejects.toThrow(/in use by process \d+/);
    await holder.kill('SIGKILL');
  });
});

describe.runIf(process.env.GAUNTLET_TEST_DATABASE_URL)('a worker beside the server', () => {
  it('runs its jobs, also those that a killed worker had begun', async () => {
    const variables = {
      GAUNTLET_DATA_DIR: directory,
      DATABASE_URL: database.url,
      ...store,
      GAUNTLET_SHARD_SIZE: String(SHARD),
      GAUNTLET_QUEUE_HEARTBEAT_SECONDS: '10',
    };
    server = await startProcess('server.js', { ...variables, GAUNTLET_WORKER: 'false' });
    const graphql = graphqlClient(`${server.url}/graphql`, authorization);
    const { model } = await dataOf(graphql('{ model(name: "model") { id } }'));
    const { dataset } = await dataOf(graphql('{ dataset(name: "mnist-test") { id } }'));
    const { jobIds } = await startEvaluation(graphql, {
      modelId: model.id,
      datasetId: dataset.id,
      attacks: [{ fgsm: { epsilon: 0.25 } }],
      sampleCount: SAMPLES,
    });
    const doomed = await startProcess('worker.js', variables);
    await until(async () => (await readJob(graphql, jobIds[0]!)).progress.done >= SHARD, 'a shard');
    await doomed.kill('SIGKILL');
    const heir = await startProcess('worker.js', variables);
    try {
      // The server runs no jobs, and follows this one all the same.
      const steps = await collect<{ jobProgress: { state: string } }>(
        `${server.url}/graphql`,
        authorization,
        'subscription ($id: ID!) { jobProgress(jobId: $id) { state } }',
        { id: jobIds[0] },
      );
      expect(steps.length).toBeGreaterThan(2);
      expect(steps.at(-1)).toEqual({ jobProgress: { state: 'SUCCEEDED' } });
    } finally {
      await heir.kill('SIGTERM');
    }
  });
});
