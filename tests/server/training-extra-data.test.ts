/** Training runs on further data sets beside the one that they are of: uploaded images, each with a share of every minibatch. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { int64, npy } from './support/dataset-files.js';
import { finished, registerMnist, startEvaluation } from './support/operations.js';
import { input, readRun, start, START } from './support/training.js';
import { upload, zipOf } from './support/upload.js';

const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
  ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { __typename message } } }`;
const EXTRAS = 'query ($id: ID!) { trainingRun(id: $id) { extraDatasets { fraction dataset { id name } } plan } }';
const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

let app: TestApplication;
let datasetId: string;
let generatedId: string;
beforeAll(async () => {
  app = await startTestApplication();
  datasetId = await registerMnist(app.graphql);
  generatedId = await registered('generated', 20, [28, 28]);
});
afterAll(() => app?.close());

/** Images of squares, a size a label. */
async function registered(name: string, count: number, [height, width]: readonly [number, number], classNames = DIGITS, split = 'TRAIN') {
  const labels = Array.from({ length: count }, (_, i) => i % classNames.length);
  const pixels = Uint8Array.from({ length: count * height * width }, (_, p) => {
    const [i, y, x] = [Math.floor(p / (height * width)), Math.floor(p / width) % height, p % width];
    return Math.max(y, x) < 2 * labels[i]! + 4 ? 255 - (i % 7) : name.length;
  });
  const files = { 'x.npy': npy('|u1', [count, height, width, 1], pixels), 'y.npy': npy('<i8', [count], int64(labels)) };
  const request = { name, uploadId: await upload(app, zipOf(files)), classNames, split };
  const { dataset, ...refusal } = (await dataOf(app.graphql(REGISTER, { input: request }))).registerDataset;
  if (!dataset) throw new Error(JSON.stringify(refusal));
  await until(async () => {
    const read = await dataOf(app.graphql('query ($id: ID!) { dataset(id: $id) { state error } }', { id: dataset.id }));
    if (read.dataset.state === 'REJECTED') throw new Error(read.dataset.error);
    return read.dataset.state === 'READY';
  }, `the reading of ${name}`);
  return dataset.id as string;
}

async function trained(rest: object) {
  const { runId, jobId, modelId } = await start(
    app.graphql,
    input(datasetId, { scheme: { standard: true }, steps: 6, interval: 6, ...rest }),
  );
  expect(await finished(app.graphql, jobId)).toMatchObject({ state: 'SUCCEEDED' });
  return { runId, modelId, run: await readRun(app.graphql, runId) };
}

async function remove(type: string, id: string): Promise<{ __typename: string; message?: string }> {
  const member = `${type[0]!.toLowerCase()}${type.slice(1)}Id`;
  const query = `mutation ($input: Delete${type}Input!) { payload: delete${type}(input: $input) { __typename ... on UserError { message } } }`;
  return (await dataOf(app.graphql(query, { input: { [member]: id } }))).payload;
}

describe('a training run with extra data sets', () => {
  it('stores them with their shares, trains on them, and does the same when asked again', async () => {
    const extraDatasets = [{ datasetId: generatedId, fraction: 0.7 }];
    const first = await trained({ extraDatasets });
    const { trainingRun } = await dataOf(app.graphql(EXTRAS, { id: first.runId }));
    expect(trainingRun.extraDatasets).toEqual([{ fraction: 0.7, dataset: { id: generatedId, name: 'generated' } }]);
    expect(trainingRun.plan).toMatchObject({ batchSize: 16, extraFractions: [0.7] });
    const again = await trained({ extraDatasets, interval: 3 });
    expect(again.run.model.fingerprint).toBe(first.run.model.fingerprint);
  });

  it('counts passes over the data set itself: of it there are fewer images in each minibatch', async () => {
    const steps = async (rest: object) => {
      const asked = input(datasetId, {
        scheme: { standard: true },
        steps: undefined,
        epochs: 1,
        batchSize: 100,
        interval: 10_000,
        ...rest,
      });
      const { startTraining } = await dataOf(app.graphql(START, { input: asked }));
      await dataOf(app.graphql('mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }', { id: startTraining.job.id }));
      return startTraining.trainingRun.totalSteps;
    };
    expect(await steps({})).toBe(Math.floor(9960 / 100));
    expect(await steps({ extraDatasets: [{ datasetId: generatedId, fraction: 0.1 }] })).toBe(Math.floor(9960 / 90));
  });

  it('is found in evaluations on them, warns of test images, and keeps them from being deleted', async () => {
    const testId = await registered('squares-test', 30, [28, 28], DIGITS, 'TEST');
    const { runId, modelId, run } = await trained({ extraDatasets: [{ datasetId: testId, fraction: 0.5 }] });
    expect(run.warnings).toContainEqual(expect.stringMatching(/trains on "squares-test", a data set of test images/));
    expect(run.model.warnings).toContainEqual(expect.stringMatching(/trains on "squares-test"/));
    const request = { modelId, datasetId: testId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 12 };
    const { jobIds, evaluationIds } = await startEvaluation(app.graphql, request);
    expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
    const query = 'query ($id: ID!) { evaluation(id: $id) { findings { code evidence } } }';
    const { evaluation } = await dataOf(app.graphql(query, { id: evaluationIds[0]! }));
    expect(evaluation.findings).toContainEqual({
      code: 'TRAINED_ON_THESE_EXAMPLES',
      evidence: expect.objectContaining({ trainedOn: 12 }) as unknown,
    });
    expect(await remove('Evaluation', evaluationIds[0]!)).toMatchObject({ __typename: 'DeleteEvaluationSuccess' });
    expect(await remove('Dataset', testId)).toMatchObject({
      __typename: 'InUseError',
      message: 'The data set is needed by training runs (1). Delete these first.',
    });
    expect(await remove('TrainingRun', runId)).toMatchObject({ __typename: 'DeleteTrainingRunSuccess' });
    expect(await remove('Dataset', testId)).toMatchObject({ __typename: 'DeleteDatasetSuccess' });
  });

  it('is refused where they do not fit, with what to do', async () => {
    const [small, fewer, turned] = [
      await registered('small', 20, [14, 14]),
      await registered('fewer', 20, [28, 28], DIGITS.slice(0, 5)),
      await registered('turned', 20, [28, 28], DIGITS.toReversed()),
    ];
    const refused = async (extraDatasets: object[], rest: object = {}) =>
      (await dataOf(app.graphql(START, { input: input(datasetId, { extraDatasets, ...rest }) }))).startTraining;
    const extra = (id: string, fraction = 0.5) => ({ datasetId: id, fraction });
    const before = await app.inventory();
    for (const [extras, message, path] of [
      [[extra(generatedId), extra(small, 0.2)], /Images of "small" are 14×14×1, those of "mnist-test" 28×28×1/, ['1', 'datasetId']],
      [[extra(fewer)], /"fewer" has 5 classes, "mnist-test" 10/, ['0', 'datasetId']],
      [[extra(turned)], /Class 0 of "mnist-test" is "0", which is class 9 of "turned"/, ['0', 'datasetId']],
      [[extra(datasetId)], /"mnist-test" has the same examples as "mnist-test". Name each data set once/, ['0', 'datasetId']],
      [[extra(generatedId, 0.2), extra(generatedId, 0.2)], /Name each data set once/, ['1', 'datasetId']],
      [[extra(generatedId, 1.5)], /fraction is 1.5; give a share of the minibatch above 0 and below 1/, ['0', 'fraction']],
      [[extra(generatedId, 0.01)], /no image. Give at least 0.03125, or a larger batchSize/, ['0', 'fraction']],
    ] as const) {
      expect(await refused([...extras])).toEqual({
        __typename: 'ValidationError',
        message: expect.stringMatching(message) as unknown,
        path: ['extraDatasets', ...path],
      });
    }
    expect(await refused([extra(generatedId)], { batchSize: 100 })).toMatchObject({
      message: '"generated" has only 20 examples, and gives 50 to each minibatch. Give a smaller fraction.',
    });
    expect(await refused([extra(encodeGlobalId('Dataset', '01a22b00-deed-7000-8000-000000000000'))])).toEqual({
      __typename: 'NotFoundError',
      message: 'There is no data set with this id.',
      path: ['extraDatasets', '0', 'datasetId'],
    });
    await expect.poll(() => app.inventory()).toEqual(before);
  });
});
