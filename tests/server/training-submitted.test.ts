/** Fine-tuning of submitted models: what does not fit, what cannot be trained, and what diverges. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModelJson } from '../../src/compute/models/model-json.js';
import { DataType, encode, floats, type NodeSpec } from '../compute/onnx-files.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist } from './support/operations.js';
import { json, readFolder, upload, zipOf } from './support/upload.js';

const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) { ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message } }
}`;
const TRAIN = `mutation ($input: StartTrainingInput!) { startTraining(input: $input) {
  __typename ... on StartTrainingSuccess { trainingRun { id } job { id } } ... on UserError { message path }
} }`;
const MODEL = `query ($id: ID!) { model(id: $id) { status fingerprint spec { classCount } } }`;
const RUN = `query ($id: ID!) { trainingRun(id: $id) { model { status } series { step loss checkpointUrl } } }`;

let app: TestApplication;
let datasetId: string;
beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_THREADS: '1' });
  datasetId = await registerMnist(app.graphql);
});
afterAll(() => app?.close());

/** @returns id of a model that is ready. */
async function submit(given: object): Promise<string> {
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: `submitted ${Math.random()}`, ...given } }));
  expect(await finished(app.graphql, submitModel.job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
  return submitModel.model.id;
}

const submitFile = async (bytes: Uint8Array) => submit({ uploadId: await upload(app, bytes) });

/** Two steps of fine-tuning. */
async function train(modelId: string, rest: object = {}) {
  const asked = {
    name: `trained ${Math.random()}`,
    modelId,
    datasetId,
    scheme: { standard: true },
    optimizer: { sgd: {} },
    schedule: { constant: { learningRate: 0.01 } },
    steps: 2,
    batchSize: 16,
    validation: { sampleCount: 16, epsilon: 0.1, iterations: 1 },
    interval: 1,
    ...rest,
  };
  return (await dataOf(app.graphql(TRAIN, { input: asked }))).startTraining;
}

const read = async (id: string) => (await dataOf(app.graphql(MODEL, { id }))).model;
const readRun = async (id: string) => (await dataOf(app.graphql(RUN, { id }))).trainingRun;

/** The files of mnist-baseline, with a layer behind the image. */
async function baseline(...inserted: object[]): Promise<Uint8Array> {
  const files = await readFolder('assets/models/mnist-baseline');
  const model = JSON.parse(Buffer.from(files['model.json']!).toString()) as ModelJson;
  const { layers } = (model.modelTopology as unknown as { config: { layers: object[] } }).config;
  layers.splice(1, 0, ...inserted);
  return zipOf({ ...files, 'model.json': json(model) });
}

it.each([
  ['a data set of other classes', 5, {}, 'ModelDatasetMismatchError', ['datasetId'], /5 classes.*has 10/],
  ['k above m', 10, { scheme: { algorithm1: { k: 17 } } }, 'ValidationError', ['scheme', 'algorithm1', 'k'], /k is 17.* 16 images/],
])('%s is refused, and leaves nothing behind', async (_, classCount, rest, type, path, message) => {
  const modelId = await submit({ architecture: { name: 'mlp', seed: 1, classCount } });
  const before = await app.inventory();
  expect(await train(modelId, rest)).toEqual({ __typename: type, path, message: expect.stringMatching(message) as unknown });
  await expect.poll(() => app.inventory()).toEqual(before);
});

/** A linear network whose weights only count by their sign. */
const binary = () => {
  const weights = Array.from({ length: 7840 }, (_, i) => Math.sin(1.7 * i));
  const nodes: NodeSpec[] = [
    { op: 'Flatten', inputs: ['image'], outputs: ['x'] },
    { op: 'Greater', inputs: ['w', 'zero'], outputs: ['positive'] },
    { op: 'Cast', inputs: ['positive'], outputs: ['signs'], attributes: { to: DataType.FLOAT } },
    { op: 'MatMul', inputs: ['x', 'signs'], outputs: ['scores'] },
  ];
  return encode({ input: ['n', 1, 28, 28], nodes, weights: { w: floats([784, 10], weights), zero: floats([], [0]) } });
};

it.each([
  [
    'a layer that draws random numbers',
    () => baseline({ class_name: 'GaussianNoise', config: { name: 'noise', stddev: 0.1 } }),
    'UNSUPPORTED_OPERATION',
    /GaussianNoise/,
  ],
  [
    'a network whose weights count by a step alone',
    () => Promise.resolve(binary()),
    'INVALID_MODEL',
    /no weights that training could change/,
  ],
])('%s fails the job with a clear error, and leaves the model as it was', async (_, bytes, errorCode, message) => {
  const modelId = await submitFile(await bytes());
  const before = await read(modelId);
  const { job, trainingRun } = await train(modelId);
  expect(await finished(app.graphql, job.id)).toMatchObject({
    state: 'FAILED',
    errorCode,
    error: expect.stringMatching(message) as unknown,
  });
  expect(await readRun(trainingRun.id)).toMatchObject({ model: { status: 'REJECTED' }, series: [] });
  expect(await read(modelId)).toEqual(before);
});

it('a learning rate that diverges fails the job, and keeps the last good checkpoint', async () => {
  const modelId = await submitFile(await baseline());
  const before = await read(modelId);
  // The rate rises from 0: the first step changes nothing. Without decay the ReLUs die, and the loss stays a number.
  const schedule = { cyclic: { learningRate: 1e6, peak: 0.99 } };
  const { job, trainingRun } = await train(modelId, { schedule, regularisation: { weightDecay: 1000 }, steps: 20 });
  expect(await finished(app.graphql, job.id)).toMatchObject({
    state: 'FAILED',
    errorCode: 'TRAINING_DIVERGED',
    error: expect.stringMatching(/learning rate/) as unknown,
  });
  const { model, series } = await readRun(trainingRun.id);
  expect(model.status).toBe('REJECTED');
  const last = series.at(-1);
  expect(Number.isFinite(last.loss)).toBe(true);
  expect((await fetch(app.url + last.checkpointUrl, { headers: { authorization: app.authorization } })).status).toBe(200);
  expect(await read(modelId)).toEqual(before);
});
