/** A model that is given its pixels in the wrong way is told so, when it is submitted and on every evaluation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation } from './support/operations.js';
import { readFolder, upload, zipOf } from './support/upload.js';

let app: TestApplication;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication();
  datasetId = await registerMnist(app.graphql);
});
afterAll(() => app?.close());

const SUBMIT = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) { __typename
  ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message path } } }`;
const CHECK = `query ($id: ID!) { model(id: $id) { warnings cleanCheck { dataset accuracy { value n } isPoor
  tried { valueRange mean std accuracy { value } } best { valueRange channelOrder mean std accuracy { value } } classOrder { description } } } }`;

async function submitted(input: object) {
  const uploadId = await upload(app, zipOf(await readFolder('assets/models/mnist-baseline')));
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { uploadId, ...input } }));
  expect(submitModel).toMatchObject({ __typename: 'SubmitModelSuccess' });
  expect(await finished(app.graphql, submitModel.job.id)).toMatchObject({ state: 'SUCCEEDED' });
  const { model } = await dataOf(app.graphql(CHECK, { id: submitModel.model.id }));
  return { id: submitModel.model.id as string, ...model };
}

async function findingsOf(modelId: string): Promise<{ code: string; severity: string; message: string }[]> {
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, {
    modelId,
    datasetId,
    attacks: [{ fgsm: { epsilon: 0.1 } }],
    sampleCount: 20,
  });
  await finished(app.graphql, jobIds[0]!);
  const query = 'query ($id: ID!) { evaluation(id: $id) { findings { code severity message } } }';
  return (await dataOf(app.graphql(query, { id: evaluationIds[0] }))).evaluation.findings;
}

describe('a model that is submitted with the wrong mean and deviation', () => {
  it('has the preparation that brings it back, with the accuracy of each that was tried, and a finding', async () => {
    const spec = { mean: [4], std: [0.02] };
    const { id, warnings, cleanCheck } = await submitted({
      name: 'unprepared',
      spec,
      expectedCleanAccuracy: 0.99,
      checkDatasetId: datasetId,
    });
    expect(cleanCheck).toMatchObject({ dataset: 'mnist-test', isPoor: true, accuracy: { n: 300 } });
    expect(cleanCheck.accuracy.value).toBeLessThan(0.5);
    expect(cleanCheck.best).toMatchObject({ mean: null, std: null });
    expect(cleanCheck.best.accuracy.value).toBeGreaterThan(0.97);
    expect(cleanCheck.tried.length).toBeGreaterThan(3);
    expect(warnings).toContainEqual(expect.stringMatching(/of 300 images of mnist-test, with .*no mean, no std on \d\d+ %/));
    const low = (await findingsOf(id)).find(({ code }) => code === 'CLEAN_ACCURACY_LOW');
    expect(low).toMatchObject({ severity: 'ERROR', message: expect.stringMatching(/with .*no mean, no std/) as unknown });
  });

  it('is found without an expectation too, where it is hardly better than guessing', async () => {
    const { cleanCheck } = await submitted({ name: 'unexpected', spec: { mean: [4], std: [0.02] } });
    expect(cleanCheck).toMatchObject({ isPoor: true, accuracy: { n: 64 }, best: { mean: null } });
  });
});

it('a model that is as right as expected has nothing tried, and no finding', async () => {
  const { id, warnings, cleanCheck } = await submitted({ name: 'prepared', expectedCleanAccuracy: 0.99, checkDatasetId: datasetId });
  expect(cleanCheck).toMatchObject({ isPoor: false, tried: [], best: null, classOrder: null });
  expect(cleanCheck.accuracy.value).toBeGreaterThan(0.97);
  expect(warnings).toEqual([]);
  expect((await findingsOf(id)).map(({ code }) => code)).not.toContain('CLEAN_ACCURACY_LOW');
});

it('a data set that is not there is refused', async () => {
  const { submitModel } = await dataOf(
    app.graphql(SUBMIT, { input: { name: 'x', architecture: { name: 'mlp' }, checkDatasetId: 'nothing' } }),
  );
  expect(submitModel).toMatchObject({ __typename: 'NotFoundError', path: ['checkDatasetId'] });
});

describe('a model with the classes of a data set', () => {
  const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
  const SPEC = 'query ($id: ID!) { model(id: $id) { spec { classCount classMap classNames } } dataset(name: "mnist-test") { classNames } }';

  it('by names is as right as the network, and has the names of the data set', async () => {
    const { dataset } = await dataOf(app.graphql(SPEC, { id: datasetId }));
    const spec = { classNames: dataset.classNames };
    const { id, cleanCheck } = await submitted({ name: 'named', spec, classesOfDatasetId: datasetId, checkDatasetId: datasetId });
    expect(cleanCheck.accuracy.value).toBeGreaterThan(0.97);
    const { model } = await dataOf(app.graphql(SPEC, { id }));
    expect(model.spec).toEqual({ classCount: 10, classMap: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], classNames: dataset.classNames });
    expect((await findingsOf(id)).map(({ code }) => code)).not.toContain('CLEAN_ACCURACY_LOW');
  });

  it('in the wrong order is told which order is right, also on evaluations', async () => {
    const spec = { classMap: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] };
    const { id, warnings, cleanCheck } = await submitted({ name: 'reversed', spec, checkDatasetId: datasetId });
    expect(cleanCheck).toMatchObject({ isPoor: true, best: null, classOrder: { description: 'in the reverse order' } });
    expect(warnings).toContainEqual(expect.stringMatching(/with its classes in the reverse order: their order differs/));
    expect(await findingsOf(id)).toContainEqual(expect.objectContaining({ code: 'CLEAN_ACCURACY_LOW', severity: 'ERROR' }));
  });

  it('is refused where names are missing, or are none of the data set', async () => {
    const uploadId = await upload(app, zipOf(await readFolder('assets/models/mnist-baseline')));
    for (const [spec, message] of [
      [{}, /give `spec.classNames`/],
      [{ classNames: DIGITS }, /none of its class names is that of "0"/],
    ] as const) {
      const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: 'y', uploadId, spec, classesOfDatasetId: datasetId } }));
      expect(submitModel.message).toMatch(message);
    }
  });
});
