import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, until, type GraphQLClient } from './support/client.js';
import { finished, readJob, registerMnist, START, startEvaluation, submitArchitecture } from './support/operations.js';
import { input as trainingInput, start as startTraining } from './support/training.js';
import { upload } from './support/upload.js';

let app: TestApplication;
let owner: GraphQLClient;
let other: GraphQLClient;
let datasetId: string;
let modelId: string;
let targetId: string;

const FGSM = [{ fgsm: { epsilon: 0.1 } }];
const IMAGE_BYTES = 28 * 28;

beforeAll(async () => {
  app = await startTestApplication({
    GAUNTLET_STORAGE_MAX_BYTES: '3000000',
    GAUNTLET_IMAGES_KEEP_DAYS: '10',
    GAUNTLET_REJECTED_KEEP_DAYS: '5',
  });
  owner = graphqlClient(app.graphqlUrl, await app.authorizationOf('owner', 'SUBMITTER'));
  other = graphqlClient(app.graphqlUrl, await app.authorizationOf('other', 'SUBMITTER'));
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(owner, 'source', undefined, 1, 'PUBLIC');
  targetId = await submitArchitecture(owner, 'target', undefined, 2, 'PUBLIC');
  // Unpacks the model, whose files stay.
  await remove(owner, 'Evaluation', await evaluate(owner));
});
afterAll(() => app?.close());

type Payload = { __typename: string; message?: string };

/** @param type such as `Evaluation`. */
async function remove(graphql: GraphQLClient, type: string, id: string): Promise<Payload> {
  const member = `${type[0]!.toLowerCase()}${type.slice(1)}Id`;
  const query = `mutation ($input: Delete${type}Input!) { payload: delete${type}(input: $input) { __typename ... on UserError { message } } }`;
  return (await dataOf(graphql(query, { input: { [member]: id } }))).payload;
}

async function evaluate(graphql: GraphQLClient, more: object = {}): Promise<string> {
  const request = { modelId, datasetId, attacks: FGSM, sampleCount: 4, keepImages: true, ...more };
  const { evaluationIds, jobIds } = await startEvaluation(graphql, request);
  for (const id of jobIds) expect((await finished(graphql, id)).state).toBe('SUCCEEDED');
  return evaluationIds[0]!;
}

async function transfer(graphql: GraphQLClient, targetIds: string[]): Promise<string> {
  const query = `mutation ($input: StartTransferInput!) { startTransfer(input: $input) {
    ... on StartTransferSuccess { transfer { id } job { id } } } }`;
  const input = { sourceIds: [modelId], targetIds, datasetId, attacks: FGSM, sampleCount: 4 };
  const { startTransfer } = await dataOf(graphql(query, { input }));
  await finished(graphql, startTransfer.job.id);
  return startTransfer.transfer.id;
}

const storageUse = async (graphql: GraphQLClient) =>
  (await dataOf(graphql('{ storageUse { owner kind count bytes } }'))).storageUse as {
    owner: string;
    kind: string;
    count: number;
    bytes: number;
  }[];

describe('an evaluation', () => {
  it('goes with its images, jobs and destructions, and leaves the server as it was', async () => {
    const before = await app.inventory();
    const id = await evaluate(owner);
    const destroy = `mutation ($input: StartDestructionInput!) { startDestruction(input: $input) { ... on StartDestructionSuccess { job { id } } } }`;
    const input = { evaluationId: id, transformations: [{ brightness: -0.1 }] };
    const { startDestruction } = await dataOf(owner(destroy, { input }));
    await finished(owner, startDestruction.job.id);
    expect(await app.inventory()).not.toEqual(before);
    expect(await remove(owner, 'Evaluation', id)).toEqual({ __typename: 'DeleteEvaluationSuccess' });
    expect(await app.inventory()).toEqual(before);
    expect(await remove(owner, 'Evaluation', id)).toMatchObject({ __typename: 'NotFoundError' });
    expect(await app.runtime.database.prisma.destruction.count()).toBe(0);
  });

  it('that is running stops, and leaves nothing', async () => {
    const before = await app.inventory();
    const attacks = [{ pgd: { epsilon: 0.3, steps: 200 } }];
    const { evaluationIds, jobIds } = await startEvaluation(owner, { modelId, datasetId, attacks, sampleCount: 10_000 });
    await until(async () => (await readJob(owner, jobIds[0]!)).progress.done > 0, 'the first part');
    expect(await remove(owner, 'Evaluation', evaluationIds[0]!)).toEqual({ __typename: 'DeleteEvaluationSuccess' });
    expect((await dataOf(owner('query ($id: ID!) { job(id: $id) { id } }', { id: jobIds[0] }))).job).toBe(null);
    // The worker stops, and takes back what it was about to store.
    await expect.poll(() => app.inventory()).toEqual(before);
  });

  it('stays while a transfer needs it, whoever owns that, and the transfer is not named', async () => {
    const id = await evaluate(owner);
    const transferId = await transfer(other, [targetId]);
    const refused = await remove(owner, 'Evaluation', id);
    expect(refused).toEqual({
      __typename: 'InUseError',
      message: 'The evaluation is needed by transfers (1). Delete these first.',
    });
    expect(await remove(owner, 'Transfer', transferId)).toMatchObject({ __typename: 'ForbiddenError' });
    expect(await remove(other, 'Transfer', transferId)).toEqual({ __typename: 'DeleteTransferSuccess' });
    expect(await remove(owner, 'Evaluation', id)).toEqual({ __typename: 'DeleteEvaluationSuccess' });
  });

  it('stays while a study needs it; the study goes without it', async () => {
    const { prisma } = app.runtime.database;
    const id = await evaluate(owner);
    const job = await prisma.job.create({ data: { owner: 'owner', kind: 'study', state: 'SUCCEEDED', total: 1, unit: 'tasks' } });
    const dataset = rowId(datasetId, 'Dataset')!;
    const ids = { trainingDatasetId: dataset, testDatasetId: dataset, jobId: job.id };
    const study = await prisma.study.create({
      data: {
        ...ids,
        owner: 'owner',
        recipe: 'F1',
        version: 1,
        settings: {},
        tasks: { create: { position: 0, key: 'one', evaluationId: rowId(id, 'Evaluation')! } },
      },
    });
    expect(await remove(owner, 'Evaluation', id)).toMatchObject({
      __typename: 'InUseError',
      message: expect.stringMatching(/studies \(1\)/),
    });
    expect(await remove(owner, 'Study', encodeGlobalId('Study', study.id))).toEqual({ __typename: 'DeleteStudySuccess' });
    expect(await prisma.job.count({ where: { id: job.id } })).toBe(0);
    expect(await remove(owner, 'Evaluation', id)).toEqual({ __typename: 'DeleteEvaluationSuccess' });
  });

  it('is no longer quoted by findings about others', async () => {
    const { prisma } = app.runtime.database;
    const id = await evaluate(owner);
    const noted = await evaluate(owner, { attacks: [{ fgsm: { epsilon: 0.2 } }] });
    // As if the first had been found to be stronger than the second.
    const found = {
      code: 'BLACK_BOX_BEATS_WHITE_BOX',
      severity: 'WARNING',
      message: 'x',
      evidence: {},
      comparedWith: rowId(id, 'Evaluation'),
    };
    const where = { id: rowId(noted, 'Evaluation')! };
    await prisma.evaluation.update({ where, data: { findings: [found] } });
    await remove(owner, 'Evaluation', id);
    expect((await prisma.evaluation.findUniqueOrThrow({ where })).findings).toEqual([]);
    await remove(owner, 'Evaluation', noted);
  });
});

it('a transfer takes with it the results that no other transfer has', async () => {
  const { prisma } = app.runtime.database;
  const both = await transfer(owner, [modelId, targetId]);
  const one = await transfer(owner, [targetId]);
  expect(await prisma.transferResult.count()).toBe(2);
  await remove(owner, 'Transfer', both);
  expect((await prisma.transferResult.findMany()).map((row) => row.targetModelId)).toEqual([rowId(targetId, 'Model')]);
  await remove(owner, 'Transfer', one);
  expect(await prisma.transferResult.count()).toBe(0);
});

it('a data set stays while anything was measured on it', async () => {
  const { prisma } = app.runtime.database;
  const dataset = await prisma.dataset.findUniqueOrThrow({ where: { id: rowId(datasetId, 'Dataset')! } });
  const { id } = await prisma.dataset.create({
    data: { ...dataset, id: undefined, request: undefined, tagsText: undefined, name: 'twin' },
  });
  const twin = encodeGlobalId('Dataset', id);
  const evaluationId = await evaluate(owner, { datasetId: twin });
  expect(await remove(owner, 'Dataset', twin)).toMatchObject({ __typename: 'ForbiddenError' });
  expect(await remove(app.graphql, 'Dataset', twin)).toEqual({
    __typename: 'InUseError',
    message: 'The data set is needed by evaluations (1). Delete these first.',
  });
  await remove(owner, 'Evaluation', evaluationId);
  expect(await remove(app.graphql, 'Dataset', twin)).toEqual({ __typename: 'DeleteDatasetSuccess' });
});

it('a training run goes with its checkpoints, and its model stays', async () => {
  const { runId, jobId, modelId: trainedId } = await startTraining(owner, trainingInput(datasetId, { steps: 20 }));
  expect((await finished(owner, jobId)).state).toBe('SUCCEEDED');
  expect((await storageUse(owner)).map(({ kind }) => kind)).toContain('CHECKPOINTS');
  expect(await remove(owner, 'TrainingRun', runId)).toEqual({ __typename: 'DeleteTrainingRunSuccess' });
  expect((await storageUse(owner)).map(({ kind }) => kind)).not.toContain('CHECKPOINTS');
  const { model } = await dataOf(owner('query ($id: ID!) { model(id: $id) { status trainingRun { id } } }', { id: trainedId }));
  expect(model).toEqual({ status: 'READY', trainingRun: null });
  await evaluate(owner, { modelId: trainedId, keepImages: false });
});

it('a training run that goes on stops, and its model goes with it', async () => {
  const before = await app.inventory();
  const { runId, jobId, modelId: trainedId } = await startTraining(owner, trainingInput(datasetId, { steps: 100_000 }));
  await until(async () => (await readJob(owner, jobId)).progress.done > 0, 'the first checkpoint');
  expect(await remove(owner, 'TrainingRun', runId)).toEqual({ __typename: 'DeleteTrainingRunSuccess' });
  expect((await dataOf(owner('query ($id: ID!) { model(id: $id) { id } }', { id: trainedId }))).model).toBe(null);
  await expect.poll(() => app.inventory()).toEqual(before);
});

describe('the space that is taken', () => {
  it('is shown by owner and kind: to admins that of all, to others their own', async () => {
    const evaluationId = await evaluate(other, { sampleCount: 5 });
    const uploadId = await upload({ url: app.url, authorization: await app.authorizationOf('other', 'SUBMITTER') }, new Uint8Array(123));
    const mine = await storageUse(other);
    expect(mine).toEqual([
      { owner: 'other', kind: 'IMAGES', count: 1, bytes: 5 * IMAGE_BYTES },
      { owner: 'other', kind: 'UPLOADS', count: 1, bytes: 123 },
    ]);
    const all = await storageUse(app.graphql);
    expect(all).toEqual(expect.arrayContaining([...mine, expect.objectContaining({ owner: 'owner', kind: 'MODELS', count: 3 })]));
    const artifacts = await app.runtime.database.prisma.artifact.aggregate({ _sum: { size: true } });
    expect(all.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Number(artifacts._sum.size));
    await remove(other, 'Evaluation', evaluationId);
    await app.services.uploads.remove(uploadId);
    expect(await storageUse(other)).toEqual([]);
  });

  it('has a limit for kept images, those that are still to be made included', async () => {
    const hog = graphqlClient(app.graphqlUrl, await app.authorizationOf('hog', 'SUBMITTER'));
    const request = { modelId, datasetId, attacks: FGSM, keepImages: true };
    const first = await startEvaluation(hog, { ...request, sampleCount: 2000 });
    const { startEvaluation: refused } = await dataOf(hog(START, { input: { ...request, sampleCount: 2001 } }));
    expect(refused).toMatchObject({ __typename: 'LimitExceededError', message: expect.stringMatching(/without `keepImages`/) });
    await startEvaluation(hog, { ...request, sampleCount: 2001, keepImages: false });
    await remove(hog, 'Evaluation', first.evaluationIds[0]!);
    await startEvaluation(hog, { ...request, sampleCount: 2001 });
  });
});

describe('what has reached its age', () => {
  const DAY_MS = 24 * 3_600_000;
  const expire = (days: number) => app.services.retention.expire(Date.now() + days * DAY_MS);

  it('goes: images of evaluations, which have their numbers still and can be made again', async () => {
    const { prisma } = app.runtime.database;
    const id = await evaluate(owner);
    const read = () => prisma.evaluation.findUniqueOrThrow({ where: { id: rowId(id, 'Evaluation')! } });
    const before = await read();
    expect(await expire(9)).toMatchObject({ images: 0 });
    expect((await expire(11)).images).toBeGreaterThan(0);
    const after = await read();
    expect(after).toEqual({ ...before, keepImages: false, imagesArtifactId: null });
    expect(await prisma.artifact.count({ where: { id: before.imagesArtifactId! } })).toBe(0);
    expect(await evaluate(owner)).toBe(id);
    expect((await read()).imagesArtifactId).toBe(before.imagesArtifactId);
    // Made by a job of its own, they go once more, and with it what would keep it from running again.
    await expire(11);
    await evaluate(owner);
    expect((await read()).imagesArtifactId).toBe(before.imagesArtifactId);
  });

  it('goes: models that were rejected', async () => {
    const uploadId = await upload({ url: app.url, authorization: await app.authorizationOf('owner', 'SUBMITTER') }, new Uint8Array(50));
    const submit = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } } }`;
    const { submitModel } = await dataOf(owner(submit, { input: { name: 'no model', uploadId } }));
    expect((await finished(owner, submitModel.job.id)).state).toBe('FAILED');
    const seen = async () => (await dataOf(owner('query ($id: ID!) { model(id: $id) { status } }', { id: submitModel.model.id }))).model;
    expect(await expire(4)).toMatchObject({ rejectedModels: 0 });
    expect(await seen()).toEqual({ status: 'REJECTED' });
    expect(await expire(6)).toMatchObject({ rejectedModels: 1 });
    expect(await seen()).toBe(null);
  });
});
