/** Defences submitted to a server, their plain and adaptive evaluations, and the checklist that says which were run. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLASSIFIER, COUNT, DETECTING, DETECTOR_SPEC, images, ROUNDING, SIDE } from '../compute/defences.js';
import { encode } from '../compute/onnx-files.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { npyFiles } from './support/dataset-files.js';
import { finished, startEvaluation } from './support/operations.js';
import { upload, zipOf } from './support/upload.js';
import { zip } from './support/zip.js';

const SUBMIT = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) {
  ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message path } } }`;
const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
  ... on RegisterDatasetSuccess { dataset { id } job { id } } ... on UserError { message } } }`;
const RESULT = `query ($id: ID!, $rate: Float) { evaluation(id: $id) {
  adversarial { top1 { value } }
  detection(falsePositiveRate: $rate) { threshold area falsePositives { value } truePositives { value } clean { value } robust { value } }
} }`;
const CHECKLIST = `query ($id: ID!, $dataset: ID!) { model(id: $id) {
  spec { preprocessor detector { output } } checklist(datasetId: $dataset) { code state evaluations { id } }
} }`;

let app: TestApplication;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication();
  const { images: pixels, labels } = await images().read(0, COUNT);
  const files = npyFiles({ height: SIDE, width: SIDE, channels: 1, pixels: Buffer.from(pixels as Uint8Array), labels: [...labels] });
  const uploadId = await upload(app, zipOf(files));
  const { registerDataset } = await dataOf(app.graphql(REGISTER, { input: { name: 'signs', uploadId } }));
  await finished(app.graphql, registerDataset.job.id);
  datasetId = registerDataset.dataset.id;
});
afterAll(() => app?.close());

async function submitted(input: object): Promise<{ id: string; error: string | null }> {
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input }));
  if (!submitModel.model) throw new Error(submitModel.message);
  const { error } = await finished(app.graphql, submitModel.job.id);
  return { id: submitModel.model.id, error };
}

async function evaluated(modelId: string, attack: object, rate?: number) {
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, attacks: [attack], sampleCount: COUNT });
  expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ error: null });
  const { evaluation } = await dataOf(app.graphql(RESULT, { id: evaluationIds[0], rate }));
  return { id: evaluationIds[0]!, ...evaluation };
}

async function stateOf(modelId: string, code: string) {
  const { model } = await dataOf(app.graphql(CHECKLIST, { id: modelId, dataset: datasetId }));
  const { state, evaluations } = model.checklist.find((item: { code: string }) => item.code === code);
  return { state, ids: evaluations.map(({ id }: { id: string }) => id), spec: model.spec };
}

it('a detector is a part of every evaluation, and the checklist asks for an attack on it', async () => {
  const { id, error } = await submitted({ name: 'detecting', uploadId: await upload(app, encode(DETECTING)), spec: DETECTOR_SPEC });
  expect(error).toBeNull();
  const plain = await evaluated(id, { pgd: { epsilon: 0.1, steps: 20 } });
  expect(plain.detection.falsePositives.value).toBeLessThanOrEqual(0.1);
  expect(await stateOf(id, 'ADAPTIVE_TO_DETECTOR')).toMatchObject({
    state: 'NOT_RUN',
    spec: { preprocessor: null, detector: { output: 'suspicion' } },
  });
  expect(await stateOf(id, 'ADAPTIVE_TO_PREPROCESSOR')).toMatchObject({ state: 'NOT_NEEDED' });
  const adaptive = await evaluated(id, { detectorPgd: { epsilon: 0.1, steps: 60 } });
  expect(adaptive.detection.robust.value).toBeLessThan(plain.detection.robust.value - 0.3);
  expect(await stateOf(id, 'ADAPTIVE_TO_DETECTOR')).toMatchObject({ state: 'DONE', ids: [adaptive.id] });
  const { evaluation } = await dataOf(app.graphql(RESULT, { id: plain.id, rate: 0.5 }));
  expect(evaluation.detection.threshold).toBeLessThan(plain.detection.threshold);
  expect((await app.graphql(RESULT, { id: plain.id, rate: 1.5 })).errors?.[0]?.message).toMatch(/above 0 and below 1/);
});

it('a preprocessor is a second upload in front of the model, and BPDA goes through it', async () => {
  const [uploadId, preprocessorUploadId] = [await upload(app, encode(CLASSIFIER)), await upload(app, encode(ROUNDING))];
  const { id, error } = await submitted({ name: 'purified', uploadId, preprocessorUploadId });
  expect(error).toBeNull();
  const pgd = { pgd: { epsilon: 0.1, steps: 20, randomStart: false } };
  const plain = await evaluated(id, pgd);
  expect(plain.detection).toBeNull();
  expect(await stateOf(id, 'ADAPTIVE_TO_PREPROCESSOR')).toMatchObject({ state: 'NOT_RUN', spec: { preprocessor: true } });
  const adaptive = await evaluated(id, { bpda: { attacks: [pgd], preprocessor: 'IDENTITY' } });
  expect(adaptive.adversarial.top1.value).toBeLessThan(plain.adversarial.top1.value - 0.4);
  expect(await stateOf(id, 'ADAPTIVE_TO_PREPROCESSOR')).toMatchObject({ state: 'DONE', ids: [adaptive.id] });
});

it('a model that unpacks to much more than was uploaded is refused before a preprocessor is put in front of it', async () => {
  const zeros = zip([{ name: 'model.onnx', bytes: new Uint8Array(30_000_000) }]);
  const [uploadId, preprocessorUploadId] = [await upload(app, zeros), await upload(app, encode(ROUNDING))];
  const mutation = 'mutation ($input: SubmitModelInput!) { submitModel(input: $input) { __typename ... on UserError { message } } }';
  expect(await dataOf(app.graphql(mutation, { input: { name: 'zeros', uploadId, preprocessorUploadId } }))).toEqual({
    submitModel: { __typename: 'LimitExceededError', message: 'The archive unpacks to more than 4 times its size.' },
  });
});

it('a preprocessor that makes other shapes is refused with what is wrong', async () => {
  const flat = { input: ['N', 1, SIDE, SIDE], nodes: [{ op: 'Flatten', inputs: ['image'], outputs: ['flat'] }], outputs: { flat: 1 } };
  const [uploadId, preprocessorUploadId] = [await upload(app, encode(CLASSIFIER)), await upload(app, encode(flat))];
  expect((await submitted({ name: 'flat', uploadId, preprocessorUploadId })).error).toMatch(
    /The preprocessor does not fit the model: of an image \[4, 4, 1\]/,
  );
});
