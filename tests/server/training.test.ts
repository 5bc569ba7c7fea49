import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { optimizers } from '../../src/compute/training/optimizers/registry.js';
import { schemes } from '../../src/compute/training/schemes/registry.js';
import { rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { finished, readJob, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { collect } from './support/subscription.js';
import { input, readRun, start, START } from './support/training.js';
import { itWhole } from '../sizes.js';

describe('a training run', () => {
  let app: TestApplication;
  let datasetId: string;
  beforeAll(async () => {
    app = await startTestApplication();
    datasetId = await registerMnist(app.graphql);
  });
  afterAll(() => app?.close());

  it('creates a model like any other, with its series and its provenance', async () => {
    const trainedSteps = async () => {
      const metrics = await (await fetch(`${app.url}/metrics`, { headers: { authorization: app.authorization } })).text();
      return Number(/gauntlet_training_steps_total (\d+)/.exec(metrics)![1]);
    };
    const before = await trainedSteps();
    const { runId, jobId, modelId } = await start(app.graphql, input(datasetId));
    const points = await collect<{ trainingProgress: { step: number } }>(
      app.graphqlUrl,
      app.authorization,
      'subscription ($id: ID!) { trainingProgress(trainingRunId: $id) { step loss } }',
      { id: runId },
    );
    expect(points.map(({ trainingProgress }) => trainingProgress.step)).toEqual([10, 20, 30, 40]);
    expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED', progress: { done: 40 } });
    const run = await readRun(app.graphql, runId);
    expect(run).toMatchObject({
      scheme: 'algorithm1',
      outcome: 'COMPLETED',
      seed: 3,
      baseModel: null,
      dataset: { name: 'mnist-test' },
      model: { id: modelId, status: 'READY', architecture: 'mlp', trainingRun: { id: runId } },
    });
    expect(run.series.at(-1).cleanAccuracy).toBeGreaterThan(run.series[0].iterativeAccuracy);
    expect(run.series.at(-1).loss).toBeLessThan(run.series[0].loss);
    const kept = run.series.map(({ checkpointUrl }: { checkpointUrl: string | null }) => checkpointUrl !== null);
    expect(kept).toEqual([false, false, true, true]);
    const headers = { authorization: app.authorization };
    expect((await fetch(app.url + run.series[3].checkpointUrl, { headers })).status).toBe(200);

    const { model } = await dataOf(app.graphql('query ($id: ID!) { model(id: $id) { onnxUrl } }', { id: modelId }));
    const onnx = await fetch(`${app.url}${model.onnxUrl}?batch=2`, { headers });
    const session = await InferenceSession.create(new Uint8Array(await onnx.arrayBuffer()));
    const { 'out:scores': scores } = await session.run({ 'in:images': new Tensor('float32', new Float32Array(2 * 784), [2, 28, 28, 1]) });
    expect(scores!.dims).toEqual([2, 10]);
    expect((await fetch(`${app.url}${model.onnxUrl}?batch=0`, { headers })).status).toBe(400);

    const evaluation = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 20 });
    expect(await finished(app.graphql, evaluation.jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
    const { trainingRuns } = await dataOf(app.graphql('{ trainingRuns(filter: { scheme: "algorithm1" }) { totalCount nodes { id } } }'));
    expect(trainingRuns.nodes).toContainEqual({ id: runId });
    expect(await trainedSteps()).toBe(before + 40);
  });

  it('continues from a submitted model, which stays unchanged', async () => {
    const modelId = await submitArchitecture(app.graphql, 'base', 'mlp');
    const base = async () => (await dataOf(app.graphql('query ($id: ID!) { model(id: $id) { fingerprint } }', { id: modelId }))).model;
    const before = await base();
    const asked = { ...input(datasetId, { modelId, scheme: { standard: true }, steps: 10 }), architecture: undefined };
    const { runId, jobId } = await start(app.graphql, asked);
    expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED' });
    const run = await readRun(app.graphql, runId);
    expect(run.baseModel).toEqual({ id: modelId });
    expect(run.model.fingerprint).not.toBe(before.fingerprint);
    expect(await base()).toEqual(before);
  });

  it('is found in evaluations on its examples, also of what was fine-tuned from it', async () => {
    const short = { scheme: { standard: true }, steps: 2, interval: 2 };
    const validation = (offset: number) => ({ offset, sampleCount: 40, epsilon: 0.1, iterations: 1 });
    const trainedOn = async (modelId: string, offset: number) => {
      const { jobIds, evaluationIds } = await startEvaluation(app.graphql, {
        ...{ modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }] },
        ...{ offset, sampleCount: 50 },
      });
      expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
      const query = 'query ($id: ID!) { evaluation(id: $id) { findings { code severity evidence } } }';
      const { evaluation } = await dataOf(app.graphql(query, { id: evaluationIds[0]! }));
      return evaluation.findings.find(({ code }: { code: string }) => code === 'TRAINED_ON_THESE_EXAMPLES');
    };
    const first = await start(app.graphql, input(datasetId, { ...short, validation: validation(0) }));
    expect(await finished(app.graphql, first.jobId)).toMatchObject({ state: 'SUCCEEDED' });
    const tuning = { ...short, modelId: first.modelId, architecture: undefined, validation: validation(100) };
    const second = await start(app.graphql, input(datasetId, tuning));
    expect(await finished(app.graphql, second.jobId)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await trainedOn(first.modelId, 30)).toMatchObject({ severity: 'ERROR', evidence: { trainedOn: 40, n: 50 } });
    expect(await trainedOn(second.modelId, 95)).toMatchObject({ evidence: { trainedOn: 50 } });
    const untrained = await submitArchitecture(app.graphql, 'untrained', 'mlp');
    expect(await trainedOn(untrained, 30)).toBeUndefined();
    const { warnings } = await readRun(app.graphql, first.runId);
    expect(warnings[0]).toMatch(/trains on "mnist-test", a data set of test images/);
  });

  it('says that it diverged where its loss stays a number', async () => {
    const schedule = { constant: { learningRate: 1e6 } };
    const { runId, jobId } = await start(app.graphql, input(datasetId, { scheme: { standard: true }, schedule, steps: 10 }));
    expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED' });
    const { warnings, model, series } = await readRun(app.graphql, runId);
    expect(series.at(-1).loss).toBeGreaterThan(1000);
    expect(warnings).toContainEqual(expect.stringMatching(/^Training diverged: at step 10 .* Lower the learning rate/));
    expect(model.warnings).toEqual(expect.arrayContaining(warnings));
  });

  it('validates on a tenth of the data set, up to 1000 examples, which it does not train on', async () => {
    const asked = { steps: undefined, epochs: 1, batchSize: 3000, scheme: { standard: true }, validation: undefined };
    const { runId, jobId } = await start(app.graphql, input(datasetId, asked));
    const { job } = await dataOf(app.graphql('query ($id: ID!) { job(id: $id) { progress { total } } }', { id: jobId }));
    expect(job.progress.total).toBe(3);
    await dataOf(app.graphql('mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }', { id: jobId }));
    const { plan } = await app.services.prisma.trainingRun.findUniqueOrThrow({ where: { id: rowId(runId, 'TrainingRun') } });
    expect(plan).toMatchObject({ totalSteps: 3, validation: { offset: 0, count: 1000 } });
  });

  it('takes the options that the catalogue lists', async () => {
    const { trainingSchemes, ...others } = await dataOf(
      app.graphql(`{
        trainingSchemes { name title reference { link } parameters { name type default minimum maximum description } resources { name } }
        optimizers { name } schedules { name parameters { name } } architectures { name inputShape classCount }
      }`),
    );
    expect(trainingSchemes.map(({ name }: { name: string }) => name)).toEqual(schemes.map(({ name }) => name));
    const algorithm1 = trainingSchemes.find(({ name }: { name: string }) => name === 'algorithm1');
    expect(algorithm1).toMatchObject({ reference: { link: 'arXiv:1611.01236' }, resources: [{ name: 'attacks' }] });
    expect(algorithm1.parameters).toContainEqual(
      expect.objectContaining({ name: 'lambda', type: 'number', default: 0.3, minimum: 0 }) as unknown,
    );
    expect(others.optimizers).toEqual(optimizers.map(({ name }) => ({ name })));
    expect(others.schedules).toContainEqual({ name: 'constant', parameters: [{ name: 'learningRate' }] });
    expect(others.architectures).toContainEqual({ name: 'inception-v3', inputShape: [299, 299, 3], classCount: 1000 });
  });

  it.each([
    ['k above m', { scheme: { algorithm1: { k: 17 } } }, 'ValidationError', /k is 17, and a minibatch has 16 images/],
    ['minibatches larger than what is not validated on', { batchSize: 9970 }, 'ValidationError', /10000 examples, less 40 for validation/],
    ['neither steps nor epochs', { steps: undefined }, 'ValidationError', /`epochs` or `steps`/],
    ['an architecture that is not there', { architecture: { name: 'vgg-99' } }, 'InvalidModelError', /Known architectures/],
    ['classes that do not fit', { architecture: { name: 'mlp', classCount: 5 } }, 'ModelDatasetMismatchError', /5 classes/],
    ['a parameter out of range', { scheme: { trades: { beta: -1 } } }, 'ValidationError', /"beta" is -1/],
    ['a scheme without its models', { scheme: { ensemble: { epsilon: 0.1 } } }, 'ValidationError', /at least one other model/],
    [
      'an attack on other models',
      { scheme: { algorithm1: { attacks: [{ attack: { ensemble: { attacks: [{ fgsm: { epsilon: 0.1 } }], sourceModelIds: ['x'] } } }] } } },
      'ValidationError',
      /Source models can be named in evaluations alone/,
    ],
    ['a negative learning rate', { schedule: { constant: { learningRate: -1 } } }, 'ValidationError', /"learningRate" is -1/],
  ])('is refused for %s', async (_, rest, type, message) => {
    const before = await app.inventory();
    const { startTraining } = await dataOf(app.graphql(START, { input: input(datasetId, rest) }));
    expect(startTraining).toMatchObject({ __typename: type, message: expect.stringMatching(message) as unknown });
    await expect.poll(() => app.inventory()).toEqual(before);
  });

  it('stops when its loss is NaN, and keeps the last good checkpoint', async () => {
    // The rate rises from 0: the first step changes nothing.
    const diverging = { schedule: { cyclic: { learningRate: 1e6, peak: 0.99 } }, optimizer: { sgd: {} }, warmUpSteps: 0 };
    const { runId, jobId } = await start(app.graphql, input(datasetId, { ...diverging, interval: 1 }));
    const job = await finished(app.graphql, jobId);
    expect(job).toMatchObject({
      state: 'FAILED',
      errorCode: 'TRAINING_DIVERGED',
      error: expect.stringMatching(/learning rate/) as unknown,
    });
    const run = await readRun(app.graphql, runId);
    expect(run.model.status).toBe('REJECTED');
    expect(run.series.length).toBeGreaterThan(0);
    expect(Number.isFinite(run.series.at(-1).loss)).toBe(true);
    const checkpoint = await fetch(app.url + run.series.at(-1).checkpointUrl, { headers: { authorization: app.authorization } });
    expect(checkpoint.status).toBe(200);
  });

  it('can be cancelled', async () => {
    const { jobId, runId } = await start(app.graphql, input(datasetId, { steps: 100_000 }));
    await until(async () => (await readJob(app.graphql, jobId)).progress.done >= 10, 'a step');
    await dataOf(app.graphql('mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }', { id: jobId }));
    expect(await readJob(app.graphql, jobId)).toMatchObject({ state: 'CANCELLED' });
    expect((await readRun(app.graphql, runId)).model.status).toBe('REJECTED');
  });
});

describe('photographs', () => {
  itWhole('are refused if a minibatch of them does not fit in memory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gauntlet-photographs-'));
    const app = await startTestApplication({ GAUNTLET_THREADS: '1', GAUNTLET_IMAGENET_DIR: folder });
    try {
      for (const name of ['val', 'val/cat', 'val/tiger']) await mkdir(join(folder, name));
      await Promise.all(Array.from({ length: 2100 }, (_, i) => writeFile(join(folder, 'val', i % 2 ? 'cat' : 'tiger', `${i}.jpg`), '')));
      const register =
        'mutation { registerDataset(input: { name: "photographs", format: "imagenet" }) { ... on RegisterDatasetSuccess { dataset { id } } } }';
      const { registerDataset } = await dataOf(app.graphql(register));
      const refused = async (rest: object) =>
        (await dataOf(app.graphql(START, { input: input(registerDataset.dataset.id, rest) }))).startTraining;
      const message = (path: string) => `2002 images of [299, 299, 3] do not fit in memory at once. Give ${path} of at most 2001.`;
      expect(await refused({ batchSize: 2002 })).toEqual({
        __typename: 'LimitExceededError',
        message: message('batchSize'),
        path: ['batchSize'],
      });
      expect(await refused({ validation: { sampleCount: 2002 } })).toMatchObject({ message: message('validation.sampleCount') });
    } finally {
      await app.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('checkpoints', () => {
  itWhole('count towards the storage limit of a name', async () => {
    const app = await startTestApplication({ GAUNTLET_THREADS: '1', GAUNTLET_STORAGE_MAX_BYTES: '1000000' });
    try {
      const datasetId = await registerMnist(app.graphql);
      // A model of 0.2 MB; weights and slots make checkpoints of 0.9 MB.
      const { jobId } = await start(app.graphql, input(datasetId, { steps: 4, interval: 2 }));
      expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED' });
      const { startTraining } = await dataOf(app.graphql(START, { input: input(datasetId) }));
      expect(startTraining).toMatchObject({
        __typename: 'LimitExceededError',
        message: expect.stringMatching(/checkpoints may have 1000000 bytes together/) as unknown,
      });
      const headers = { 'content-type': 'application/json', authorization: app.authorization };
      expect((await fetch(`${app.url}/uploads`, { method: 'POST', headers, body: '{"size":1}' })).status).toBe(413);
    } finally {
      await app.close();
    }
  });
});
