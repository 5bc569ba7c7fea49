/** Models of every format, submitted and attacked over HTTP. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import { TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphModel } from '../compute/graph-files.js';
import { DataType, encode, floats, type GraphSpec } from '../compute/onnx-files.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, startEvaluation } from './support/operations.js';
import { upload, zipOf } from './support/upload.js';

let app: TestApplication;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication({ GAUNTLET_SHARD_SIZE: '16' });
  datasetId = await registerMnist(app.graphql);
});
afterAll(() => app?.close());

const WEIGHTS = Array.from({ length: 7840 }, (_, i) => Math.sin(i) / 28);

const onnx = (w: NonNullable<GraphSpec['weights']>[string]) =>
  encode({
    input: ['n', 1, 28, 28],
    nodes: [
      { op: 'Flatten', inputs: ['image'], outputs: ['flat'] },
      { op: 'Gemm', inputs: ['flat', 'w'], outputs: ['scores'] },
    ],
    weights: { w },
  });

const external = create(TensorProtoSchema, {
  dims: [784n, 10n],
  dataType: DataType.FLOAT,
  dataLocation: TensorProto_DataLocation.EXTERNAL,
  externalData: [{ key: 'location', value: 'weights.data' }],
});

const graph = graphModel({
  input: [-1, 28, 28, 1],
  nodes: [
    { name: 'flat', op: 'Reshape', input: ['image', 'shape'] },
    { name: 'scores', op: 'MatMul', input: ['flat', 'w'] },
  ],
  weights: { shape: { shape: [2], values: [-1, 784], dtype: 'int32' }, w: { shape: [784, 10], values: WEIGHTS } },
});

const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) { __typename ... on SubmitModelSuccess { model { id format } job { id } } ... on UserError { message } }
}`;

async function submit(name: string, bytes: Uint8Array, format?: string) {
  const input = { name, uploadId: await upload(app, bytes), format };
  const { model, job } = (await dataOf(app.graphql(SUBMIT, { input }))).submitModel;
  return { model: model as { id: string; format: string | null }, job: await finished(app.graphql, job.id) };
}

const MODEL = `query ($id: ID!) { model(id: $id) { status format spec { inputShape classCount } operations gradientsHealthy forwardDifference warnings } }`;

const TRAIN = `mutation ($input: StartTrainingInput!) {
  startTraining(input: $input) { __typename ... on StartTrainingSuccess { model { id } job { id } } ... on UserError { message } }
}`;

const CLEAN = `query ($id: ID!) { evaluation(id: $id) { clean { top1 { value } } } }`;

/** Share of 50 images that a model classifies right. */
async function accuracy(modelId: string): Promise<number> {
  const asked = { modelId, datasetId, sampleCount: 50, attacks: [{ fgsm: { epsilon: 0.1 } }] };
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, asked);
  expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
  return (await dataOf(app.graphql(CLEAN, { id: evaluationIds[0] }))).evaluation.clean.top1.value;
}

const OUTCOMES = `query ($id: ID!) {
  evaluation(id: $id) { examples(first: 16) { nodes { index clean { label } adversarial { label } } } }
}`;

/** One network of Keras 3, as tensorflowjs_converter writes it in both formats: see make.py. */
async function writtenByKeras(): Promise<Record<'LAYERS_MODEL' | 'TFJS_GRAPH_MODEL', Record<string, Uint8Array>>> {
  const read = JSON.parse(gunzipSync(await readFile('tests/fixtures/keras/digits.json.gz')).toString());
  const [layers, ofGraph] = read.map(({ json, weights }: { json: object; weights: string }) => ({
    'model.json': Buffer.from(JSON.stringify(json)),
    'group1-shard1of1.bin': Buffer.from(weights, 'base64'),
  }));
  return { LAYERS_MODEL: layers, TFJS_GRAPH_MODEL: ofGraph };
}

const zipWithExternalData = () =>
  zipOf({ 'net/m.onnx': onnx(external), 'net/weights.data': new Uint8Array(Float32Array.from(WEIGHTS).buffer) });

describe('a submitted model', () => {
  it.each<[string, () => Uint8Array, string, Record<string, number>]>([
    ['a bare ONNX file', () => onnx(floats([784, 10], WEIGHTS)), 'ONNX', { Flatten: 1, Gemm: 1 }],
    ['a zip of an ONNX file and its weights', zipWithExternalData, 'ONNX', { Flatten: 1, Gemm: 1 }],
    ['a zip of a GraphModel', () => zipOf(graph), 'TFJS_GRAPH_MODEL', { Reshape: 1, MatMul: 1 }],
  ])('%s is recognised, validated and attacked', async (name, bytes, format, operations) => {
    const { model, job } = await submit(name, bytes());
    expect(model.format).toBeNull();
    expect(job).toMatchObject({ state: 'SUCCEEDED' });
    const found = (await dataOf(app.graphql(MODEL, { id: model.id }))).model;
    expect(found).toEqual({
      status: 'READY',
      format,
      spec: { inputShape: [28, 28, 1], classCount: 10 },
      operations,
      gradientsHealthy: true,
      forwardDifference: format === 'ONNX' ? expect.toSatisfy((value) => value <= 1e-6) : null,
      warnings: [],
    });
    const { jobIds } = await startEvaluation(app.graphql, {
      modelId: model.id,
      datasetId,
      sampleCount: 16,
      attacks: [{ fgsm: { epsilon: 0.1 } }],
    });
    for (const id of jobIds) expect(await finished(app.graphql, id)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('of Keras 3, with attention and a recurrent layer, answers alike as layers and as a graph', async () => {
    const results = [];
    for (const [format, files] of Object.entries(await writtenByKeras())) {
      const { model, job } = await submit(`${format} of Keras 3`, zipOf(files));
      expect(job).toMatchObject({ state: 'SUCCEEDED' });
      const found = (await dataOf(app.graphql(MODEL, { id: model.id }))).model;
      expect(found).toMatchObject({ status: 'READY', format, gradientsHealthy: true, warnings: [] });
      const asked = { modelId: model.id, datasetId, sampleCount: 16, attacks: [{ fgsm: { epsilon: 0.1 } }] };
      const { evaluationIds, jobIds } = await startEvaluation(app.graphql, asked);
      expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED' });
      results.push((await dataOf(app.graphql(OUTCOMES, { id: evaluationIds[0] }))).evaluation);
    }
    expect(results[0].examples.nodes).toHaveLength(16);
    expect(results[1]).toEqual(results[0]);
  });

  it.each([
    ['an ONNX file and its weights', zipWithExternalData],
    ['a GraphModel', () => zipOf(graph)],
  ])('%s is fine-tuned to a better model of the same format', async (name, bytes) => {
    const submitted = (await submit(`base of ${name}`, bytes())).model.id;
    const input = {
      name: `trained from ${name}`,
      modelId: submitted,
      datasetId,
      scheme: { standard: true },
      optimizer: { adam: {} },
      schedule: { constant: { learningRate: 0.01 } },
      steps: 60,
      batchSize: 32,
      seed: 1,
      interval: 30,
      validation: { sampleCount: 20, epsilon: 0.1, iterations: 2 },
    };
    const { model, job, ...refused } = (await dataOf(app.graphql(TRAIN, { input }))).startTraining;
    expect(refused).toEqual({ __typename: 'StartTrainingSuccess' });
    expect(await finished(app.graphql, job.id)).toMatchObject({ state: 'SUCCEEDED' });
    const card = async (id: string) => (await dataOf(app.graphql(MODEL, { id }))).model;
    const [trained, base] = [await card(model.id), await card(submitted)];
    // It was trained on test images, which is said.
    expect(trained).toEqual({ ...base, warnings: trained.warnings, forwardDifference: trained.forwardDifference });
    expect(trained.forwardDifference ?? 0).toBeLessThan(1e-5);
    expect(await accuracy(model.id)).toBeGreaterThan((await accuracy(submitted)) + 0.3);
  });

  it('that is not of the format that was given is rejected, and says so', async () => {
    const { job } = await submit('mistaken', zipOf(graph), 'LAYERS_MODEL');
    expect(job).toMatchObject({
      state: 'FAILED',
      errorCode: 'INVALID_MODEL',
      error: expect.stringMatching(/TFJS_GRAPH_MODEL, not LAYERS_MODEL/),
    });
  });
});
