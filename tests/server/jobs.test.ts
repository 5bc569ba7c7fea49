import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { ComputeError } from '../../src/compute/errors.js';
import { createCompute } from '../../src/compute/host/compute.js';
import type { SupervisedCompute } from '../../src/compute/host/types.js';
import { loadConfig } from '../../src/config.js';
import { LANES } from '../../src/jobs/queue.js';
import { recoverLost } from '../../src/jobs/recovery.js';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { finished, readJob, registerMnist, START, startEvaluation, submitArchitecture } from './support/operations.js';
import { collect } from './support/subscription.js';

/** What the next shards do before they are computed. */
const faults: (() => Promise<void>)[] = [];
const faulty = (compute: SupervisedCompute): SupervisedCompute =>
  Object.assign(Object.create(compute) as SupervisedCompute, {
    evaluateShard: async (...args: Parameters<SupervisedCompute['evaluateShard']>) => {
      await faults.shift()?.();
      return compute.evaluateShard(...args);
    },
    forPart(this: SupervisedCompute) {
      return this;
    },
  });

let app: TestApplication;
let modelId: string;
let datasetId: string;
let seed = 0;

beforeAll(async () => {
  app = await startTestApplication(
    { GAUNTLET_SHARD_SIZE: '4', GAUNTLET_QUEUE_MAX_PENDING: '6', GAUNTLET_QUEUE_MAX_ATTEMPTS: '2' },
    { openCompute: async (options) => faulty(await createCompute(options)) },
  );
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(app.graphql, 'model');
});
afterAll(() => app?.close());

/** A request that no test has made before. */
const request = (sampleCount = 8) => ({ modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount, seed: ++seed });
const start = async (sampleCount?: number) => (await startEvaluation(app.graphql, request(sampleCount))).jobIds[0]!;

/** Holds up the next part until it is let go. */
function hold(): () => void {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  faults.push(() => released);
  return release;
}

/** Occupies all of the worker that computes parts of evaluations. @returns what lets go, and waits until it has. */
async function occupy(): Promise<() => Promise<void>> {
  const releases = Array.from({ length: LANES.compute }, hold);
  const jobIds: string[] = [];
  for (let i = 0; i < LANES.compute; i++) jobIds.push(await start());
  await until(() => Promise.resolve(faults.length === 0), 'the worker to be occupied');
  return async () => {
    for (const release of releases) release();
    for (const jobId of jobIds) await finished(app.graphql, jobId);
  };
}

const CANCEL = `mutation ($id: ID!) {
  cancelJob(input: { jobId: $id }) { __typename ... on CancelJobSuccess { job { state } } ... on UserError { message } }
}`;
const PROGRESS = `subscription ($id: ID!) { jobProgress(jobId: $id) { state progress { done total unit } eta } }`;
type Progress = { jobProgress: { state: string; progress: { done: number; total: number; unit: string } } };

describe('cancelJob', () => {
  it('stops a running job, whose partial results are removed', async () => {
    const release = hold();
    const before = (await app.inventory()).shards;
    const input = request();
    const { jobIds, evaluationIds } = await startEvaluation(app.graphql, input);
    await until(async () => (await readJob(app.graphql, jobIds[0]!)).state === 'RUNNING', 'the job to run');
    const { cancelJob } = await dataOf(app.graphql(CANCEL, { id: jobIds[0] }));
    expect(cancelJob).toEqual({ __typename: 'CancelJobSuccess', job: { state: 'CANCELLED' } });
    release();
    // The next job proves that the worker is free again.
    await finished(app.graphql, await start());
    expect((await readJob(app.graphql, jobIds[0]!)).state).toBe('CANCELLED');
    expect((await app.inventory()).shards).toBe(before);
    const { evaluation } = await dataOf(
      app.graphql(`query ($id: ID!) { evaluation(id: $id) { clean { top1 { n } } examples { totalCount } } }`, { id: evaluationIds[0] }),
    );
    expect(evaluation).toEqual({ clean: null, examples: null });
    // A cancelled evaluation answers nobody: the same request starts again.
    const again = await startEvaluation(app.graphql, input);
    expect(again.evaluationIds).not.toEqual(evaluationIds);
    expect((await finished(app.graphql, again.jobIds[0]!)).state).toBe('SUCCEEDED');
  });

  it('removes a waiting job from the queue, and refuses a finished one', async () => {
    const release = await occupy();
    const waiting = await start();
    const { cancelJob } = await dataOf(app.graphql(CANCEL, { id: waiting }));
    expect(cancelJob.job.state).toBe('CANCELLED');
    await release();
    expect(await readJob(app.graphql, waiting)).toMatchObject({ state: 'CANCELLED', progress: { done: 0 } });
    const { cancelJob: refused } = await dataOf(app.graphql(CANCEL, { id: waiting }));
    expect(refused).toMatchObject({ __typename: 'JobFinishedError', message: expect.stringContaining('CANCELLED') });
  });
});

describe('a failure', () => {
  it('that is temporary is retried from the last finished shard', async () => {
    const shards: number[] = [];
    faults.push(
      async () => void shards.push(1),
      async () => {
        throw new Error('out of luck');
      },
      async () => void shards.push(2),
    );
    const job = await finished(app.graphql, await start(8));
    expect(job).toMatchObject({ state: 'SUCCEEDED', error: null, progress: { done: 8 } });
    expect(shards).toEqual([1, 2]);
  });

  it('that is permanent ends the job with an error code, without results and internal details', async () => {
    const before = (await app.inventory()).shards;
    faults.push(...[1, 2].map(() => () => Promise.reject(new Error('secret detail'))));
    const input = request();
    const { jobIds } = await startEvaluation(app.graphql, input);
    const job = await finished(app.graphql, jobIds[0]!);
    expect(job).toMatchObject({ state: 'FAILED', errorCode: 'INTERNAL' });
    expect(job.error).not.toContain('secret');
    expect((await app.inventory()).shards).toBe(before);
    // Failed is not answered: the same request may be luckier.
    const again = await startEvaluation(app.graphql, input);
    expect(again.jobIds).not.toEqual(jobIds);
    expect((await finished(app.graphql, again.jobIds[0]!)).state).toBe('SUCCEEDED');
  });
});

describe('a part that does not fit into the memory of its worker', () => {
  const tooLarge = () => Promise.reject(new ComputeError('LIMIT_EXCEEDED', 'Too large for this worker.', ['GAUNTLET_COMPUTE_MEMORY']));

  it('fails its job where no worker has more, and else goes back until one takes it', async () => {
    const { worker } = app.runtime.database.prisma;
    faults.push(tooLarge);
    expect(await finished(app.graphql, await start())).toMatchObject({ state: 'FAILED', error: 'Too large for this worker.' });
    const { id: _, ...row } = await worker.findFirstOrThrow();
    const large = await worker.create({ data: { ...row, engine: row.engine as object, id: randomUUID(), memory: 2n ** 50n } });
    faults.push(tooLarge);
    expect((await finished(app.graphql, await start())).state).toBe('SUCCEEDED');
    await worker.delete({ where: { id: large.id } });
  });
});

describe('a part that loses its worker again and again', () => {
  it('is not retried forever', async () => {
    const release = await occupy();
    const deadly = await start();
    const jobId = rowId(deadly, 'Job')!;
    const { jobPart } = app.runtime.database.prisma;
    await until(async () => (await jobPart.count({ where: { jobId } })) > 0, 'the job to be planned');
    await jobPart.updateMany({ where: { jobId }, data: { losses: 25 } });
    await release();
    expect(await finished(app.graphql, deadly)).toMatchObject({ state: 'FAILED', errorCode: 'RETRIES_EXHAUSTED' });
  });
});

describe('a job that the queue has lost', () => {
  it('is queued again', async () => {
    const { database, queue } = app.runtime;
    const { job, jobPart } = database.prisma;
    const release = await occupy();
    const lost = rowId(await start(), 'Job')!;
    await until(async () => (await jobPart.count({ where: { jobId: lost } })) > 0, 'the job to be planned');
    const parts = await jobPart.findMany({ where: { jobId: lost } });
    const ids = parts.map(({ id }) => id);
    await database.prisma.$transaction((tx) => queue.remove(tx, parts));
    const queued = () => database.prisma.$transaction((tx) => queue.alive(tx, ids));
    await recoverLost(database.prisma, queue);
    expect(await queued()).toEqual(new Set());
    const before = new Date(Date.now() - 120_000);
    await job.update({ where: { id: lost }, data: { createdAt: before, updatedAt: before } });
    // As processes do that look at the same time. The server looks, too, once a minute.
    const found = await Promise.all([1, 2, 3].map(() => recoverLost(database.prisma, queue)));
    expect([[], [lost]]).toContainEqual(found.flat());
    expect(await queued()).toEqual(new Set(ids));
    await release();
    expect(await finished(app.graphql, encodeGlobalId('Job', lost))).toMatchObject({ state: 'SUCCEEDED' });
  });
});

describe('deleting a model with a running job', () => {
  it('deletes the job and everything that it has stored', async () => {
    const before = await app.inventory();
    const doomed = await submitArchitecture(app.graphql, 'doomed', undefined, 99);
    const release = hold();
    const { jobIds } = await startEvaluation(app.graphql, { ...request(), modelId: doomed, keepImages: true });
    await until(async () => (await readJob(app.graphql, jobIds[0]!)).state === 'RUNNING', 'the job to run');
    const { deleteModel } = await dataOf(
      app.graphql('mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }', { id: doomed }),
    );
    expect(deleteModel).toEqual({ __typename: 'DeleteModelSuccess' });
    release();
    const next = await start();
    await finished(app.graphql, next);
    await expect.poll(() => app.inventory()).toEqual({ ...before, jobs: before.jobs! + 1, evaluations: before.evaluations! + 1 });
  });
});

describe('concurrent requests', () => {
  it('for the same evaluation share one', async () => {
    const input = request();
    const started = await Promise.all([1, 2, 3, 4, 5].map(() => startEvaluation(app.graphql, input)));
    expect(new Set(started.flatMap(({ evaluationIds }) => evaluationIds)).size).toBe(1);
    await finished(app.graphql, started[0]!.jobIds[0]!);
  });

  it('for the same job share one, of every kind', async () => {
    const evaluation = await startEvaluation(app.graphql, { ...request(), keepImages: true });
    await finished(app.graphql, evaluation.jobIds[0]!);
    const inputs = inputsFor(modelId, evaluation.evaluationIds[0]!, seed);
    for (const [kind, input] of Object.entries(inputs)) {
      const before = (await app.inventory()).jobs!;
      const started = await Promise.all([1, 2, 3, 4, 5].map(() => startJob(kind, input)));
      expect(new Set(started.map(({ id }) => id)).size).toBe(1);
      expect(await finished(app.graphql, started[0]!.jobId)).toMatchObject({ state: 'SUCCEEDED' });
      expect((await app.inventory()).jobs).toBe(before + 1);
    }
  });

  it('for the images of an evaluation that kept none share one job, and those for one that waits are no job more', async () => {
    const input = request();
    const { evaluationIds, jobIds } = await startEvaluation(app.graphql, input);
    await finished(app.graphql, jobIds[0]!);
    const withImages = (of: object) => Promise.all([1, 2, 3].map(() => startEvaluation(app.graphql, { ...of, keepImages: true })));
    const started = await withImages(input);
    expect(started.map((one) => one.evaluationIds)).toEqual([1, 2, 3].map(() => evaluationIds));
    const images = new Set(started.flatMap((one) => one.jobIds));
    expect(images.size).toBe(1);
    expect(images).not.toContain(jobIds[0]);
    expect(await finished(app.graphql, [...images][0]!)).toMatchObject({ state: 'SUCCEEDED' });

    const release = await occupy();
    const other = request();
    const waiting = await startEvaluation(app.graphql, other);
    expect(await withImages(other)).toEqual([1, 2, 3].map(() => waiting));
    await release();
    await finished(app.graphql, waiting.jobIds[0]!);
    const { imagesArtifactId } = await app.runtime.database.prisma.evaluation.findUniqueOrThrow({
      where: { id: rowId(waiting.evaluationIds[0]!, 'Evaluation')! },
    });
    expect(imagesArtifactId).not.toBeNull();
  });

  it('for the same name create one model', async () => {
    const before = await app.inventory();
    const submitted = await Promise.allSettled([1, 2, 3].map((i) => submitArchitecture(app.graphql, 'twin', undefined, 100 + i)));
    const refused = submitted.filter((result) => result.status === 'rejected');
    expect(refused.map(({ reason }) => (reason as Error).message)).toEqual([1, 2].map(() => 'There is already a model called "twin".'));
    await expect
      .poll(() => app.inventory())
      .toEqual({
        ...before,
        jobs: before.jobs! + 1,
        models: before.models! + 1,
        artifacts: before.artifacts! + 1,
        artifactFiles: before.artifactFiles! + 1,
      });
  });
});

/** Requests of each kind beside an evaluation, which start from the same model and from an evaluation of it. */
const inputsFor = (model: string, evaluationId: string, ofSeed: number) => ({
  certification: { modelId: model, datasetId, sigma: 0.1, selectionSamples: 5, estimationSamples: 15, sampleCount: 4, seed: ofSeed },
  destruction: { evaluationId, transformations: [{ noise: 0.1 }], seed: ofSeed },
  transfer: { sourceIds: [model], targetIds: [model], datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 8, seed: ofSeed },
});

async function startJob(kind: string, input: object): Promise<{ id: string; jobId: string }> {
  const type = kind[0]!.toUpperCase() + kind.slice(1);
  const { payload } = await dataOf(
    app.graphql(
      `mutation ($input: Start${type}Input!) { payload: start${type}(input: $input) {
        ... on Start${type}Success { ${kind} { id } job { id } } ... on UserError { message } } }`,
      { input },
    ),
  );
  if (!payload.job) throw new Error(payload.message);
  return { id: payload[kind].id, jobId: payload.job.id };
}

describe('two models of equal weights', () => {
  it('have results of their own, of every kind of job, which outlive the other', async () => {
    const directory = join(loadConfig({}).assetsDirectory, 'models', 'mnist-baseline');
    const submit = async (name: string) => {
      const { id } = await app.services.models.submitFolder({ name: 'someone', role: 'ADMIN' }, { name, visibility: 'PUBLIC' }, directory);
      return encodeGlobalId('Model', id);
    };
    const models = [await submit('first of two'), await submit('second of two')];
    const input = { ...request(), keepImages: true };
    const results: { evaluationId: string; ids: string[] }[] = [];
    for (const model of models) {
      const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { ...input, modelId: model });
      expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
      const started = [];
      for (const [kind, other] of Object.entries(inputsFor(model, evaluationIds[0]!, input.seed)))
        started.push(await startJob(kind, other));
      for (const { jobId } of started) expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED' });
      results.push({ evaluationId: evaluationIds[0]!, ids: started.map(({ id }) => id) });
    }
    const [first, second] = results as [(typeof results)[0], (typeof results)[0]];
    expect(new Set([...first.ids, ...second.ids, first.evaluationId, second.evaluationId]).size).toBe(8);

    const read = async (i: 0 | 1) => {
      const of = async (id: string) => {
        const fields = `__typename
          ... on Evaluation { model { name } adversarial { top1 { value n } } requestHash }
          ... on Certification { model { name } averageRadius }
          ... on Destruction { evaluation { model { name } } results { rate { value n } } }
          ... on Transfer { sources { name } targets { name } cells { n rate { value n } } }`;
        return (await dataOf(app.graphql(`query ($id: ID!) { node(id: $id) { ${fields} } }`, { id }))).node;
      };
      const { evaluationId, ids } = results[i]!;
      return Promise.all([evaluationId, ...ids].map(of));
    };
    const [before, twin] = [await read(1), await read(0)];
    const name = 'second of two';
    expect(before).toMatchObject([
      { model: { name }, adversarial: { top1: { n: 8 } } },
      { model: { name } },
      { evaluation: { model: { name } } },
      { sources: [{ name }], targets: [{ name }], cells: [{ n: 8 }] },
    ]);
    expect(before[0].adversarial).toEqual(twin[0].adversarial);
    expect(before[0].requestHash).not.toBe(twin[0].requestHash);
    expect(before[1].averageRadius).toBe(twin[1].averageRadius);
    const worst = 'query ($input: WorstCaseInput!) { worstCase(input: $input) { robust { value n } } }';
    const { worstCase } = await dataOf(app.graphql(worst, { input: { modelId: models[1], datasetId } }));
    expect(worstCase.robust).toEqual(before[0].adversarial.top1);

    const remove = 'mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }';
    expect((await dataOf(app.graphql(remove, { id: models[0] }))).deleteModel.__typename).toBe('DeleteModelSuccess');
    expect(await read(0)).toEqual([null, null, null, null]);
    expect(await read(1)).toEqual(before);
  });
});

describe('the queue', () => {
  it('refuses jobs beyond its limit', async () => {
    const release = await occupy();
    const jobIds: string[] = [];
    while (jobIds.length < 6 - LANES.compute) jobIds.push(await start());
    const { startEvaluation: refused } = await dataOf(app.graphql(START, { input: request() }));
    expect(refused.__typename).toBe('QueueFullError');
    await release();
    for (const jobId of jobIds) await finished(app.graphql, jobId);
  });
});

describe('jobProgress', () => {
  it('yields the job at each step and ends with its final state', async () => {
    // Until the subscription has told of the step before.
    const releases = [hold(), hold()];
    const jobId = await start(16);
    const received = await collect<Progress>(
      app.graphqlUrl,
      app.authorization,
      PROGRESS,
      { id: jobId },
      ({ jobProgress: { progress } }) => {
        for (const [i, release] of releases.entries()) if (progress.done >= 4 * i) release();
      },
    );
    const steps = received.map(({ jobProgress }) => jobProgress);
    expect(steps.length).toBeGreaterThanOrEqual(3);
    expect(steps[0]).toMatchObject({ progress: { done: 0, total: 16, unit: 'images' } });
    expect(steps.at(-1)).toMatchObject({ state: 'SUCCEEDED', progress: { done: 16 }, eta: null });
    const done = steps.map((step) => step.progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('yields a finished job once, and refuses an id that no job has', async () => {
    const jobId = await start();
    await finished(app.graphql, jobId);
    expect(await collect<Progress>(app.graphqlUrl, app.authorization, PROGRESS, { id: jobId })).toMatchObject([
      { jobProgress: { state: 'SUCCEEDED' } },
    ]);
    await expect(collect(app.graphqlUrl, app.authorization, PROGRESS, { id: modelId })).rejects.toThrow('There is no job with this id.');
  });

  it('refuses pages of other origins', async () => {
    const url = app.graphqlUrl.replace(/^http/, 'ws');
    const opened = (origin: string) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(url, 'graphql-transport-ws', { origin });
        socket.on('open', () => resolve(true)).on('error', () => resolve(false));
        socket.on('open', () => socket.close());
      });
    expect(await opened('https://evil.example')).toBe(false);
    expect(await opened(app.url)).toBe(true);
  });
});

describe('jobs', () => {
  it('can be listed by state', async () => {
    const { jobs } = await dataOf(
      app.graphql(`{ jobs(filter: { states: [FAILED, CANCELLED] }, first: 50) { totalCount nodes { state kind } } }`),
    );
    expect(jobs.totalCount).toBe(jobs.nodes.length);
    expect(new Set(jobs.nodes.map((job: { state: string }) => job.state))).toEqual(new Set(['FAILED', 'CANCELLED']));
  });
});
