/** Whose parts come when. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShardRequest, SupervisedCompute } from '../../src/compute/host/types.js';
import { releaseFromGpu } from '../../src/jobs/lanes.js';
import { LANES } from '../../src/jobs/queue.js';
import { rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient, until } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { sharedCompute } from './support/shared-compute.js';

/** Evaluations in the order in which their parts came to be computed. */
const order: string[] = [];
let gate: Promise<void> | undefined;
const recorded = (compute: SupervisedCompute): SupervisedCompute =>
  Object.assign(Object.create(compute) as SupervisedCompute, {
    evaluateShard: async (request: ShardRequest, signal?: AbortSignal) => {
      order.push(request.evaluation!);
      await gate;
      return compute.evaluateShard(request, signal);
    },
    forPart(this: SupervisedCompute) {
      return this;
    },
  });

let app: TestApplication;
let modelId: string;
let datasetId: string;
let busy: GraphQLClient;
let modest: GraphQLClient;
let seed = 0;

beforeAll(async () => {
  app = await startTestApplication(
    { GAUNTLET_SHARD_SIZE: '4', GAUNTLET_REMOTE_MODEL_NETWORKS: '127.0.0.1/32' },
    { openCompute: async (options) => recorded(await sharedCompute(options)) },
  );
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(app.graphql, 'model');
  await app.services.prisma.model.updateMany({ data: { visibility: 'PUBLIC' } });
  const as = async (name: string) => graphqlClient(app.graphqlUrl, await app.authorizationOf(name, 'SUBMITTER'));
  [busy, modest] = [await as('busy'), await as('modest')];
});
afterAll(() => app?.close());

/** Keeps all parts from being computed until it is called. */
function close(): () => void {
  let open = () => {};
  const own = new Promise<void>((resolve) => (open = resolve));
  gate = own;
  return () => {
    if (gate === own) gate = undefined;
    open();
  };
}

/** Starts an evaluation, and waits until its first part has been in the queue: it may be done by then. */
async function start(graphql: GraphQLClient, sampleCount = 4, more: object = {}): Promise<{ jobId: string; id: string }> {
  const started = await ask(graphql, sampleCount, more);
  const { job } = app.runtime.database.prisma;
  const id = rowId(started.jobId, 'Job')!;
  await until(async () => (await job.findUniqueOrThrow({ where: { id } })).planned > 0, 'the job to be planned');
  return started;
}

async function ask(graphql: GraphQLClient, sampleCount = 4, more: object = {}): Promise<{ jobId: string; id: string }> {
  const input = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount, seed: ++seed, ...more };
  const { jobIds, evaluationIds } = await startEvaluation(graphql, input);
  return { jobId: jobIds[0]!, id: rowId(evaluationIds[0]!, 'Evaluation')! };
}

/** Waits until the worker has as many parts as it takes at once. */
const occupied = () => until(() => Promise.resolve(order.length === LANES.compute), 'the worker to be occupied');

it('one evaluation of an owner who has one comes among the first of an owner who has many', async () => {
  order.length = 0;
  const open = close();
  const many = [];
  for (let i = 0; i < 8; i++) many.push(await start(busy));
  await occupied();
  const one = await start(modest);
  open();
  for (const { jobId } of [...many, one]) expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED' });
  // After those that were being computed, and at most one whose turn it was.
  expect(order.indexOf(one.id)).toBeLessThanOrEqual(LANES.compute + 1);
  // Of one owner, what was asked for first comes first.
  const own = order.filter((id) => id !== one.id);
  expect(own).toEqual(many.map(({ id }) => id));
});

it('an owner of a long evaluation and one of a short one share the worker part by part', async () => {
  order.length = 0;
  const openFirst = close();
  const long = await start(busy, 60);
  await until(() => Promise.resolve(order.length === 1), 'the first part');
  const open = close();
  openFirst();
  await until(() => Promise.resolve(order.length === 1 + LANES.compute), 'the other parts to be planned');
  const short = await start(modest, 12);
  open();
  expect(await finished(app.graphql, short.jobId)).toMatchObject({ state: 'SUCCEEDED' });
  expect(await finished(app.graphql, long.jobId)).toMatchObject({ state: 'SUCCEEDED', progress: { done: 60, total: 60 } });
  expect(order.lastIndexOf(short.id)).toBeLessThan(order.lastIndexOf(long.id));
});

describe('raiseJob', () => {
  const RAISE = `mutation ($id: ID!) { raiseJob(input: { jobId: $id }) {
    __typename ... on RaiseJobSuccess { job { raised } } ... on UserError { message } } }`;

  it('puts a job before all others, and is for admins', async () => {
    order.length = 0;
    const open = close();
    const others = [];
    for (let i = 0; i < 5; i++) others.push(await start(busy));
    await occupied();
    const last = await start(busy);
    const { raiseJob: refused } = await dataOf(busy(RAISE, { id: last.jobId }));
    expect(refused).toMatchObject({ __typename: 'ForbiddenError' });
    const { raiseJob } = await dataOf(app.graphql(RAISE, { id: last.jobId }));
    expect(raiseJob).toEqual({ __typename: 'RaiseJobSuccess', job: { raised: true } });
    open();
    for (const { jobId } of [...others, last]) await finished(app.graphql, jobId);
    expect(order.indexOf(last.id)).toBe(LANES.compute);
  });

  it('refuses a job that has ended', async () => {
    const { jobId } = await ask(busy);
    await finished(app.graphql, jobId);
    const { raiseJob } = await dataOf(app.graphql(RAISE, { id: jobId }));
    expect(raiseJob).toMatchObject({ __typename: 'JobFinishedError', message: 'The job has already finished: SUCCEEDED.' });
  });
});

describe('a GPU', () => {
  const lanes = async (jobId: string) =>
    (await app.runtime.database.prisma.jobPart.findMany({ where: { jobId: rowId(jobId, 'Job') } })).map(({ lane }) => lane);
  const gpuWorker = () => {
    const engine = { kind: 'compiled', provider: 'cuda', label: 'compiled/cuda', backend: 'cuda', version: '1', threads: 1 };
    return app.runtime.database.prisma.worker.create({
      data: { id: randomUUID(), host: 'elsewhere', pid: 1, version: 'any', engine, memory: 1n },
    });
  };

  it('computes what asks for one, what asks for none, and what gains by one while it is there', async () => {
    const { prisma } = app.runtime.database;
    const { queue } = app.runtime;
    const asked = await start(busy, 4, { device: 'GPU' });
    expect(await lanes(asked.jobId)).toEqual(['compute-gpu']);
    const small = await start(busy, 4);
    expect((await finished(app.graphql, small.jobId)).state).toBe('SUCCEEDED');

    const id = rowId(modelId, 'Model');
    const { parameterCount } = await prisma.model.findUniqueOrThrow({ where: { id } });
    await prisma.model.update({ where: { id }, data: { parameterCount: 2_000_000 } });
    const worker = await gpuWorker();
    const large = await start(busy, 4);
    const without = await start(busy, 4, { device: 'CPU' });
    expect((await finished(app.graphql, without.jobId)).state).toBe('SUCCEEDED');
    expect(await lanes(large.jobId)).toEqual(['compute-gpu']);
    expect(await releaseFromGpu(prisma, queue)).toBe(0);

    // The worker is gone: only what asks for a GPU goes on waiting.
    await prisma.worker.delete({ where: { id: worker.id } });
    expect(await releaseFromGpu(prisma, queue)).toBe(1);
    expect((await finished(app.graphql, large.jobId)).state).toBe('SUCCEEDED');
    expect(await lanes(asked.jobId)).toEqual(['compute-gpu']);
    const cancel = `mutation ($id: ID!) { cancelJob(input: {jobId: $id}) { ... on CancelJobSuccess { job { state device } } } }`;
    expect(await dataOf(app.graphql(cancel, { id: asked.jobId }))).toEqual({ cancelJob: { job: { state: 'CANCELLED', device: 'GPU' } } });
    await prisma.model.update({ where: { id }, data: { parameterCount } });
  });
});

describe('workers and parts', () => {
  it('are told of: what computes, and how far a job is', async () => {
    order.length = 0;
    const open = close();
    const { jobId } = await start(busy, 24);
    await until(() => Promise.resolve(order.length === 1), 'the first part');
    const read = `query ($id: ID!) { job(id: $id) { parts { planned done running } } workers { engine gpu memory version } }`;
    const { job, workers } = await dataOf(busy(read, { id: jobId }));
    expect(job.parts).toEqual({ planned: 1, done: 0, running: 1 });
    expect(workers).toHaveLength(1);
    expect(workers[0]).toMatchObject({ gpu: false, engine: expect.stringContaining('cpu') as unknown });
    open();
    await finished(app.graphql, jobId);
    const { job: ended } = await dataOf(busy(read, { id: jobId }));
    expect(ended.parts).toEqual({ planned: 6, done: 6, running: 0 });
  });
});

describe('quota', () => {
  const QUOTA = '{ quota { jobs { used limit } computeSeconds { used limit } uploads { used limit } storedBytes { used limit } } }';

  it('says what a principal has taken up', async () => {
    const { quota } = await dataOf(busy(QUOTA));
    expect(quota).toMatchObject({ jobs: { used: 0, limit: 2000 }, computeSeconds: { limit: null }, uploads: { used: 0 } });
    expect(quota.computeSeconds.used).toBeGreaterThan(0);
    const idle = graphqlClient(app.graphqlUrl, await app.authorizationOf('idle', 'SUBMITTER'));
    expect((await dataOf(idle(QUOTA))).quota.computeSeconds.used).toBe(0);
  });

  it('of computing is held, and said', async () => {
    const limited = await startTestApplication({ GAUNTLET_COMPUTE_SECONDS_PER_DAY: '1' });
    try {
      const day = new Date(new Date().toISOString().slice(0, 10));
      const spender = graphqlClient(limited.graphqlUrl, await limited.authorizationOf('spender', 'SUBMITTER'));
      await limited.runtime.database.prisma.computeUse.create({ data: { owner: 'spender', day, seconds: 2 } });
      await expect(submitArchitecture(spender, 'one more')).rejects.toThrow(
        'Your jobs have computed for 2 s today, and this server allows 1 a day.',
      );
      await submitArchitecture(limited.graphql, 'another');
    } finally {
      await limited.close();
    }
  });
});

it('a validation that takes long is in the way of its owner alone', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const spec = { inputShape: [28, 28, 1], classCount: 10 };
    const mutation = 'mutation ($input: SubmitModelInput!) { submitModel(input: $input) { ... on SubmitModelSuccess { job { id } } } }';
    const endpoint = { url, answers: 'LOGITS', timeoutSeconds: 600, retries: 0 };
    const stuck = (await dataOf(busy(mutation, { input: { name: 'stuck', spec, endpoint } }))).submitModel.job.id as string;
    const stateOf = async (id: string) => (await dataOf(busy('query ($id: ID!) { job(id: $id) { state } }', { id }))).job.state as string;
    await until(async () => (await stateOf(stuck)) === 'RUNNING', 'the validation to run');
    const architecture = { name: 'mlp', inputShape: [2, 2, 1], classCount: 2, seed: 1 };
    const second = (await dataOf(busy(mutation, { input: { name: 'second', architecture } }))).submitModel.job.id as string;
    await submitArchitecture(modest, 'modest-model');
    expect([await stateOf(stuck), await stateOf(second)]).toEqual(['RUNNING', 'QUEUED']);
    server.closeAllConnections();
    expect(await finished(busy, stuck)).toMatchObject({ state: 'FAILED' });
    expect(await finished(busy, second)).toMatchObject({ state: 'SUCCEEDED' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
