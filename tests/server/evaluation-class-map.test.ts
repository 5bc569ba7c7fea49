/** Classes of a model and of a data set that are not the same list: in one evaluation, and of a model that is trained on and exported. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { InferenceSession, Tensor } from '../../src/compute/onnxruntime/index.js';
import { openDataset } from '../../src/compute/index.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, until } from './support/client.js';
import { int64, npy } from './support/dataset-files.js';
import { finished, START, startEvaluation } from './support/operations.js';
import { input as training, start } from './support/training.js';
import { readFolder, upload, zipOf } from './support/upload.js';

const COUNT = 60;
/** Even and odd digits. */
const PARITY = Array.from({ length: 10 }, (_, digit) => digit % 2);
const NAMES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

let app: TestApplication;
let modelId: string;
let parityId: string;
let digits: { pixels: Uint8Array; labels: readonly number[] };

beforeAll(async () => {
  app = await startTestApplication();
  const mnist = await openDataset({ format: 'mnist', split: 'test' });
  const { images, labels } = await mnist.read(0, COUNT);
  await mnist.close();
  digits = { pixels: images as Uint8Array, labels: [...labels] };
  modelId = await submitted('ten digits', { classNames: NAMES });
  parityId = await registered(
    'parity',
    digits.labels.map((label) => label % 2),
    ['even', 'odd'],
  );
});
afterAll(() => app?.close());

async function submitted(name: string, spec: object): Promise<string> {
  const uploadId = await upload(app, zipOf(await readFolder('assets/models/mnist-baseline')));
  const submit = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) {
    ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message } } }`;
  const { submitModel } = await dataOf(app.graphql(submit, { input: { name, uploadId, spec } }));
  expect(await finished(app.graphql, submitModel.job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
  return submitModel.model.id as string;
}

async function registered(name: string, labels: readonly number[], classNames: readonly string[]): Promise<string> {
  const of = (values: readonly number[]) => npy('<i8', [values.length], int64(values));
  const pixels = digits.pixels.subarray(0, labels.length * 784);
  const uploadId = await upload(app, zipOf({ 'x.npy': npy('|u1', [labels.length, 28, 28, 1], pixels), 'y.npy': of(labels) }));
  const register = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) {
    ... on RegisterDatasetSuccess { dataset { id } } ... on UserError { message } } }`;
  const { registerDataset } = await dataOf(app.graphql(register, { input: { name, uploadId, classNames } }));
  const { id } = registerDataset.dataset;
  const state = async () => (await dataOf(app.graphql('query ($id: ID!) { dataset(id: $id) { state error } }', { id }))).dataset;
  expect(
    await until(async () => {
      const now = await state();
      return now.state !== 'PENDING' && now;
    }, 'the reading'),
  ).toEqual({ state: 'READY', error: null });
  return id as string;
}

const READ = `query ($id: ID!) { evaluation(id: $id) { classMap requestHash clean { top1 { value n } } adversarial { top1 { value } }
  findings { code } examples(first: 60) { edges { node { label clean { label } adversarial { label } } } } } }`;

async function evaluated(input: object) {
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, {
    attacks: [{ fgsm: { epsilon: 0.1 } }],
    sampleCount: COUNT,
    ...input,
  });
  for (const id of jobIds) expect((await finished(app.graphql, id)).error).toBeNull();
  const { evaluation } = await dataOf(app.graphql(READ, { id: evaluationIds[0] }));
  return { id: evaluationIds[0]!, ...evaluation };
}

const refusal = async (input: object) => {
  const asked = { modelId, datasetId: parityId, attacks: [{ fgsm: { epsilon: 0.1 } }], ...input };
  return (await dataOf(app.graphql(START, { input: asked }))).startEvaluation;
};

it('an evaluation with a class map has the numbers of the model that was submitted with it', async () => {
  const mapped = await evaluated({ modelId, datasetId: parityId, classMap: PARITY });
  const other = await submitted('parity of digits', { classMap: PARITY });
  const same = await evaluated({ modelId: other, datasetId: parityId });
  expect(mapped.classMap).toEqual(PARITY);
  expect(same.classMap).toBeNull();
  expect(mapped.clean).toEqual(same.clean);
  expect(mapped.clean.top1.value).toBeGreaterThan(0.9);
  expect(mapped.adversarial).toEqual(same.adversarial);
  expect(mapped.examples).toEqual(same.examples);
});

it('another map is another evaluation, and after the map of the model itself', async () => {
  const mapped = await evaluated({ modelId, datasetId: parityId, classMap: PARITY });
  const swapped = await evaluated({ modelId, datasetId: parityId, classMap: PARITY.map((to) => 1 - to) });
  expect(swapped.id).not.toBe(mapped.id);
  expect(swapped.requestHash).not.toBe(mapped.requestHash);
  expect(swapped.clean.top1.value).toBeCloseTo(1 - mapped.clean.top1.value, 6);
  const other = await submitted('odd then even', { classMap: PARITY.map((to) => 1 - to) });
  const twice = await evaluated({ modelId: other, datasetId: parityId, classMap: [1, 0] });
  expect(twice.clean).toEqual(mapped.clean);
  expect(twice.examples).toEqual(mapped.examples);
});

it('classes are matched by names, and classes of the model may be none of the data set', async () => {
  const kept = digits.labels.flatMap((label, i) => (label < 2 ? [i] : []));
  const pixels = Uint8Array.from(kept.flatMap((i) => [...digits.pixels.subarray(i * 784, (i + 1) * 784)]));
  const before = digits;
  digits = { ...digits, pixels };
  const datasetId = await registered(
    'ones and zeros',
    kept.map((i) => 1 - before.labels[i]!),
    ['One', 'Zero'],
  );
  digits = before;
  const found = await evaluated({ modelId, datasetId, matchClasses: true, sampleCount: kept.length });
  expect(found.classMap).toEqual([1, 0, -1, -1, -1, -1, -1, -1, -1, -1]);
  expect(found.clean.top1.value).toBeGreaterThan(0.9);
});

it('it is in the worst case of its map, and on no leaderboard', async () => {
  const query = `query ($m: ID!, $d: ID!) { worstCase(input: { modelId: $m, datasetId: $d }) { contributions { evaluation { classMap } } }
    leaderboard(input: { datasetId: $d, norm: LINF, epsilon: 0.1 }) { entries { nodes { model { id } } } } }`;
  const found = await dataOf(app.graphql(query, { m: modelId, d: parityId }));
  const maps = found.worstCase.contributions.map(({ evaluation }: { evaluation: { classMap: number[] } }) => evaluation.classMap.join());
  expect(new Set(maps).size).toBe(1);
  expect(found.leaderboard.entries.nodes.map(({ model }: { model: { id: string } }) => model.id)).not.toContain(modelId);
});

it('a map that fits neither the model nor the data set is refused by what is wrong', async () => {
  expect(await refusal({})).toMatchObject({
    message: expect.stringMatching(/has 10 classes, but "parity" has 2\. .*`spec\.classMap`.*`classMap` or `matchClasses`/) as unknown,
  });
  const wrong: [number[], RegExp][] = [
    [[0, 1], /the class map has 2 entries; the model has 10 classes/],
    [PARITY.map(() => 0), /no class of the network is mapped to class 1 \(odd\)/],
    [PARITY.map((to) => 3 * to), /is mapped to 3, and there are 2 classes/],
    [PARITY.map((to) => (to ? -2 : 1)), /a class is mapped to -2; -1 means none/],
  ];
  for (const [classMap, message] of wrong)
    expect(await refusal({ classMap })).toMatchObject({ message: expect.stringMatching(message) as unknown, path: ['classMap'] });
  expect(await refusal({ matchClasses: true })).toMatchObject({
    message: expect.stringMatching(/none of its class names is that of "even"/) as unknown,
  });
  expect(await refusal({ matchClasses: true, classMap: PARITY })).toMatchObject({ path: ['matchClasses'] });
});

it('a model with a class map is trained on the classes of the data set, and keeps the map; its export has them', async () => {
  const baseModelId = await submitted('to be trained', { classMap: PARITY, classNames: ['even', 'odd'] });
  const asked = training(parityId, {
    ...{ architecture: undefined, modelId: baseModelId, steps: 4, batchSize: 8, interval: 4 },
    scheme: { pgd: { epsilon: 0.05, steps: 2 } },
    validation: { sampleCount: 16, epsilon: 0.05, iterations: 2 },
  });
  const run = await start(app.graphql, asked);
  expect(await finished(app.graphql, run.jobId)).toMatchObject({ state: 'SUCCEEDED', error: null });
  const query = 'query ($id: ID!) { model(id: $id) { spec { classCount classMap classNames } onnxUrl } }';
  const { model } = await dataOf(app.graphql(query, { id: run.modelId }));
  expect(model.spec).toEqual({ classCount: 2, classMap: PARITY, classNames: ['even', 'odd'] });
  const found = await evaluated({ modelId: run.modelId, datasetId: parityId });
  expect(found.clean.top1.value).toBeGreaterThan(0.8);
  const headers = { authorization: app.authorization };
  const response = await fetch(`${app.url}${model.onnxUrl as string}?batch=${COUNT}`, { headers });
  const session = await InferenceSession.create(new Uint8Array(await response.arrayBuffer()));
  const pixels = Float32Array.from(digits.pixels, (value) => value / 255);
  const output = (await session.run({ 'in:images': new Tensor('float32', pixels, [COUNT, 28, 28, 1]) }))['out:scores']!;
  expect(output.dims).toEqual([COUNT, 2]);
  const scores = output.data as Float32Array;
  const predicted = Array.from({ length: COUNT }, (_, i) => (scores[2 * i + 1]! > scores[2 * i]! ? 1 : 0));
  expect(predicted).toEqual(found.examples.edges.map(({ node }: { node: { clean: { label: number } } }) => node.clean.label));
  const weights = await fetch(`${app.url}/models/${run.modelId}/weights.safetensors`, { headers });
  expect(weights.status).toBe(200);
});
