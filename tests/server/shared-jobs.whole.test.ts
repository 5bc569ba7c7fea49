import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAttack } from '../../src/compute/attacks/index.js';
import { loadConfig } from '../../src/config.js';
import { dropStaleBatches } from '../../src/jobs/batches.js';
import { recoverLost } from '../../src/jobs/recovery.js';
import { EvaluationQueue } from '../../src/services/evaluation/evaluation-queue.js';
import { Capacity } from '../../src/services/job/capacity.js';
import type { DatabaseClient } from '../../src/storage/database.js';
import { rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, until, type GraphQLClient } from './support/client.js';
import { readJob, registerMnist, START, startEvaluation } from './support/operations.js';

/** Jobs of one name that may wait. */
const MOST = 100;
const BUDGETS = 60;

let app: TestApplication;
let modelId: string;
let datasetId: string;
let [alice, bob]: GraphQLClient[] = [];
let seed = 0;
const statements: string[] = [];

beforeAll(async () => {
  // Nothing computes: jobs stay alive until they are cancelled.
  app = await startTestApplication(
    { GAUNTLET_WORKER: 'false', GAUNTLET_QUEUE_MAX_PER_NAME: String(MOST), GAUNTLET_REMOTE_MODEL_NETWORKS: '127.0.0.0/8' },
    { onQuery: (sql) => void statements.push(sql) },
  );
  datasetId = await registerMnist(app.graphql);
  const directory = join(loadConfig({}).assetsDirectory, 'models', 'mnist-baseline');
  const principal = { name: 'someone', role: 'ADMIN' } as const;
  const { id } = await app.services.models.submitFolder(principal, { name: 'everyone', visibility: 'PUBLIC' }, directory);
  const { models } = await dataOf(app.graphql('{ models { nodes { id } } }'));
  modelId = models.nodes.find((model: { id: string }) => rowId(model.id, 'Model') === id).id;
  [alice, bob] = await Promise.all(
    ['alice', 'bob'].map(async (name) => graphqlClient(app.graphqlUrl, await app.authorizationOf(name, 'SUBMITTER'))),
  );
});
afterAll(() => app?.close());

/** A request that no test has made before. */
const request = (more: object = {}) => ({
  modelIds: [modelId],
  datasetId,
  attacks: [{ fgsm: { epsilon: 0.1 } }],
  sampleCount: 4,
  seed: ++seed,
  ...more,
});
const epsilons = (count = BUDGETS) => Array.from({ length: count }, (_, i) => (i + 1) / (count + 1));

const CANCEL = `mutation ($id: ID!) { cancelJob(input: { jobId: $id }) {
  __typename ... on CancelJobSuccess { goesOn job { state } } ... on UserError { message } } }`;
const cancel = async (graphql: GraphQLClient, id: string) => (await dataOf(graphql(CANCEL, { id }))).cancelJob;
const cancelAll = (graphql: GraphQLClient, ids: readonly string[]) => Promise.all(ids.map((id) => cancel(graphql, id)));
/** The client of a process that is killed after so many transactions. */
function endingAfter(prisma: DatabaseClient, count: number): DatabaseClient {
  let more = count;
  return new Proxy(prisma, {
    get(target, name) {
      if (more === 0) throw new Error('killed');
      const value: unknown = Reflect.get(target, name);
      if (name !== '$transaction') return value;
      more--;
      return (value as DatabaseClient['$transaction']).bind(target);
    },
  });
}
const left = { __typename: 'CancelJobSuccess', goesOn: true, job: { state: 'QUEUED' } };
const ended = { __typename: 'CancelJobSuccess', goesOn: false, job: { state: 'CANCELLED' } };
const rowOf = (jobId: string) => app.runtime.database.prisma.job.findUniqueOrThrow({ where: { id: rowId(jobId, 'Job')! } });

describe('a job that two names asked for', () => {
  it('goes on when one of them cancels it, and ends when both have', async () => {
    const input = request();
    const [mine, yours] = [await startEvaluation(alice!, input), await startEvaluation(bob!, input)];
    const jobId = mine.jobIds[0]!;
    expect(yours.jobIds).toEqual([jobId]);
    expect(await cancel(alice!, jobId)).toEqual(left);
    // It counts for whoever wants it still.
    expect((await rowOf(jobId)).owner).toBe('bob');
    expect(await cancel(alice!, jobId)).toMatchObject({ __typename: 'ForbiddenError' });
    expect(await cancel(bob!, jobId)).toEqual(ended);
    const again = await startEvaluation(alice!, input);
    expect(again.jobIds).not.toEqual([jobId]);
    expect(await cancel(alice!, again.jobIds[0]!)).toEqual(ended);
  });

  it('goes on for who started it when the other cancels, and can be asked for again', async () => {
    const input = request();
    const jobId = (await startEvaluation(alice!, input)).jobIds[0]!;
    expect(await cancel(bob!, jobId)).toMatchObject({ __typename: 'ForbiddenError' });
    for (let i = 0; i < 2; i++) {
      await startEvaluation(bob!, input);
      expect(await cancel(bob!, jobId)).toEqual(left);
      expect((await rowOf(jobId)).owner).toBe('alice');
    }
    expect(await cancel(alice!, jobId)).toEqual(ended);
  });

  it('is cancelled for all by an admin', async () => {
    const input = request();
    const jobId = (await startEvaluation(alice!, input)).jobIds[0]!;
    await startEvaluation(bob!, input);
    expect(await cancel(app.graphql, jobId)).toEqual(ended);
    expect(await cancel(bob!, jobId)).toMatchObject({ __typename: 'JobFinishedError' });
  });

  it('is not deleted by one of them', async () => {
    const input = request();
    const { jobIds, evaluationIds } = await startEvaluation(alice!, input);
    await startEvaluation(bob!, input);
    const DELETE = `mutation ($id: ID!) { deleteEvaluation(input: { evaluationId: $id }) { __typename ... on UserError { message } } }`;
    const remove = async () => (await dataOf(alice!(DELETE, { id: evaluationIds[0] }))).deleteEvaluation;
    expect(await remove()).toEqual({
      __typename: 'InUseError',
      message: 'The evaluation is needed by others who wait for it (1). Delete these first.',
    });
    await cancel(bob!, jobIds[0]!);
    expect(await remove()).toMatchObject({ __typename: 'DeleteEvaluationSuccess' });
  });

  it('of every other kind goes on, too', async () => {
    const evaluation = await startEvaluation(alice!, request());
    const inputs = {
      certification: { modelId, datasetId, sigma: 0.1, selectionSamples: 5, estimationSamples: 15, sampleCount: 4, seed: ++seed },
      transfer: { sourceIds: [modelId], targetIds: [modelId], datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 4, seed },
    };
    for (const [kind, input] of Object.entries(inputs)) {
      const type = kind[0]!.toUpperCase() + kind.slice(1);
      const query = `mutation ($input: Start${type}Input!) { payload: start${type}(input: $input) { ... on Start${type}Success { job { id } } ... on UserError { message } } }`;
      const [mine, yours] = [await dataOf(alice!(query, { input })), await dataOf(bob!(query, { input }))];
      expect(yours.payload.job.id).toBe(mine.payload.job.id);
      expect(await cancel(alice!, mine.payload.job.id)).toEqual(left);
      expect(await cancel(bob!, mine.payload.job.id)).toEqual(ended);
    }
    await cancel(alice!, evaluation.jobIds[0]!);
  });

  it('is told to the webhooks of both', async () => {
    const told: string[] = [];
    const receiver = createServer((request, response) => {
      told.push(request.url!);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const CREATE = 'mutation ($url: String!) { createWebhook(input: { url: $url, events: [JOB_FINISHED] }) { __typename } }';
    const url = (path: string) => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${path}`;
    for (const [name, graphql] of [
      ['alice', alice],
      ['bob', bob],
    ] as const)
      await dataOf(graphql!(CREATE, { url: url(name) }));
    const input = request();
    const { jobIds } = await startEvaluation(alice!, input);
    await startEvaluation(bob!, input);
    await cancel(app.graphql, jobIds[0]!);
    await until(() => Promise.resolve(told.length === 2), 'both to be told');
    expect(told.sort()).toEqual(['/alice', '/bob']);
    await app.runtime.database.prisma.webhook.deleteMany();
    receiver.close();
  });
});

describe('a request for many evaluations', () => {
  it('makes all of them in the order in which they were asked for, and gives the same when it is made again', async () => {
    const input = request({ epsilons: epsilons() });
    const { evaluationIds, jobIds } = await startEvaluation(alice!, input);
    expect(new Set(jobIds).size).toBe(BUDGETS);
    expect(await startEvaluation(alice!, input)).toEqual({ evaluationIds, jobIds });
    const { prisma } = app.runtime.database;
    const rows = await prisma.evaluation.findMany({
      where: { id: { in: evaluationIds.map((id) => rowId(id, 'Evaluation')!) } },
      orderBy: { createdAt: 'asc' },
    });
    expect(rows.map(({ epsilon }) => epsilon)).toEqual(epsilons());
    const planned = await Promise.all(jobIds.map((id) => app.runtime.queue.isPlanned(rowId(id, 'Job')!)));
    expect(planned).toEqual(jobIds.map(() => true));
    expect(await prisma.jobBatch.count()).toBe(0);
    await cancelAll(alice!, jobIds);
  });

  it('makes a few in a transaction, so that others are answered meanwhile', async () => {
    statements.length = 0;
    const { jobIds } = await startEvaluation(alice!, request({ epsilons: epsilons() }));
    await cancelAll(alice!, jobIds);
    // Where there is one connection, others have it between two transactions.
    const made = statements.filter((sql) => sql === 'COMMIT' || sql.startsWith('INSERT INTO "public"."Evaluation"'));
    const inserts = made.flatMap((sql, i) =>
      sql === 'COMMIT' ? [] : [{ rows: sql.split('), (').length, isAlone: made[i + 1] === 'COMMIT' }],
    );
    expect(inserts).toEqual([25, 25, 10].map((rows) => ({ rows, isAlone: true })));
  });

  it('shares with others that come in the same moment what they have in common', async () => {
    const input = request({ epsilons: epsilons() });
    const reversed = { ...input, epsilons: epsilons().reverse() };
    const started = await Promise.all([
      startEvaluation(alice!, input),
      startEvaluation(bob!, reversed),
      startEvaluation(alice!, input),
      startEvaluation(bob!, { ...input, epsilons: epsilons().slice(0, 3) }),
    ]);
    const [first, second, third, few] = started.map(({ evaluationIds }) => evaluationIds);
    expect(second!.toReversed()).toEqual(first);
    expect(third).toEqual(first);
    expect(few).toEqual(first!.slice(0, 3));
    for (const graphql of [alice!, bob!]) await cancelAll(graphql, started[0]!.jobIds);
    const states = await Promise.all(started[0]!.jobIds.map((id) => readJob(app.graphql, id)));
    expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['CANCELLED']));
  });

  it('is refused whole where there is no room', async () => {
    const before = await app.inventory();
    const starts = await Promise.all([1, 2].map(() => dataOf(alice!(START, { input: request({ epsilons: epsilons() }) }))));
    const made = starts.filter(({ startEvaluation: { __typename } }) => __typename === 'StartEvaluationSuccess');
    const refused = starts.filter(({ startEvaluation: { __typename } }) => __typename === 'QueueFullError');
    expect([made.length, refused.length]).toEqual([1, 1]);
    expect(await app.inventory()).toEqual({ ...before, jobs: before.jobs! + BUDGETS, evaluations: before.evaluations! + BUDGETS });
    await cancelAll(
      alice!,
      made[0]!.startEvaluation.jobs.map(({ id }: { id: string }) => id),
    );
  });

  it('leaves nothing where its process is killed, and whoever asks for the same meanwhile gets all', async () => {
    const { environment, database, queue } = app.runtime;
    const { prisma } = database;
    const principal = { name: 'carol', role: 'SUBMITTER' } as const;
    const asked = (ofSeed: number) =>
      app.services.evaluations.plan(principal, {
        modelIds: [rowId(modelId, 'Model')],
        datasetId: rowId(datasetId, 'Dataset'),
        attacks: [{ definition: findAttack('FGSM'), parameters: { epsilon: 0.1 } }],
        epsilons: epsilons(),
        sampleCount: 4,
        offset: 0,
        seed: ofSeed,
        keepImages: false,
      });
    const before = await app.inventory();
    const killed = async (ofSeed: number) => {
      const capacity = new Capacity(loadConfig({}).capacity);
      const evaluations = new EvaluationQueue({ ...environment, prisma: endingAfter(prisma, 3) }, capacity);
      await expect(evaluations.findOrQueue(principal, await asked(ofSeed), () => Promise.resolve())).rejects.toThrow('killed');
    };
    await killed(++seed);
    const half = await app.inventory();
    expect(half.evaluations! - before.evaluations!).toBe(50);
    // No process takes its jobs for lost ones.
    const long = new Date(Date.now() - 120_000);
    await prisma.job.updateMany({ where: { owner: 'carol' }, data: { createdAt: long, updatedAt: long } });
    expect(await recoverLost(prisma, queue)).toEqual([]);
    // Nothing says for a minute that the process is gone.
    await prisma.jobBatch.updateMany({ data: { aliveAt: long } });
    const { jobIds } = await startEvaluation(bob!, request({ epsilons: epsilons(), seed }));
    expect(await app.inventory()).toEqual({ ...before, jobs: before.jobs! + BUDGETS, evaluations: before.evaluations! + BUDGETS });
    await cancelAll(bob!, jobIds);

    await killed(++seed);
    expect(await dropStaleBatches(prisma, new Date())).toBe(1);
    expect(await app.inventory()).toEqual({ ...before, jobs: before.jobs! + BUDGETS, evaluations: before.evaluations! + BUDGETS });
  });
});
