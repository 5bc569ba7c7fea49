/** Models that can only be asked: behind an HTTP endpoint, and files without gradients. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/compute/data/registry.js';
import { growTree, treeFile } from '../compute/decision-tree.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { ModelEndpoint, PASSWORD, status } from '../compute/model-endpoint.js';
import { finished, registerMnist, START, startEvaluation } from './support/operations.js';
import { readFolder, upload, zipOf } from './support/upload.js';

let app: TestApplication;
let endpoint: ModelEndpoint;
let datasetId: string;
/** The network that is behind the endpoint, with gradients. */
let fileId: string;
/** That endpoint. */
let scoresId: string;
const answers: string[] = [];

beforeAll(async () => {
  const networks = { GAUNTLET_REMOTE_MODEL_NETWORKS: '127.0.0.1/32', GAUNTLET_REMOTE_MODEL_MAX_BYTES: '100000' };
  [app, endpoint] = await Promise.all([startTestApplication({ GAUNTLET_SHARD_SIZE: '8', ...networks }), ModelEndpoint.start()]);
  datasetId = await registerMnist(app.graphql);
  const { model, job } = await submit('open', { uploadId: await upload(app, zipOf(await readFolder('assets/models/mnist-baseline'))) });
  expect(await finished(app.graphql, job.id)).toMatchObject({ state: 'SUCCEEDED' });
  fileId = model.id;
  scoresId = await ready(remote('scores', { batchSize: 7 }));
});
afterAll(async () => {
  await app?.close();
  await endpoint?.close();
});

const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) {
    __typename
    ... on SubmitModelSuccess { model { id access endpoint { url protocol answers batchSize requestsPerSecond } } job { id } }
    ... on UserError { message path }
  }
}`;

const SPEC = { inputShape: [28, 28, 1], classCount: 10 };
const JSON_SCORES = { url: '', answers: 'LOGITS', authorization: PASSWORD };

async function ask(query: string, variables: object) {
  const data = await dataOf(app.graphql(query, { ...variables }));
  answers.push(JSON.stringify(data));
  return data;
}

const submit = async (name: string, input: object) => (await ask(SUBMIT, { input: { name, ...input } })).submitModel;

const remote = (name: string, given: object = {}) =>
  submit(name, { spec: SPEC, endpoint: { ...JSON_SCORES, url: endpoint.url('json?version=3'), ...given } });

/** @returns its id, once it is ready. */
async function ready(submitted: Promise<{ model: { id: string }; job: { id: string } }>): Promise<string> {
  const { model, job } = await submitted;
  expect(await finished(app.graphql, job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
  return model.id;
}

const SEEN = `query ($id: ID!) {
  evaluation(id: $id) {
    queries clean { top1 { value } top5 { value } } adversarial { top1 { value } }
    diagnostics { changed { n } saturated { n } zeroGradients { n } }
    examples(first: 50) { nodes { adversarial { label } queries distortion { l2 } } }
  }
}`;

async function evaluated(modelId: string, attack: object) {
  const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { modelId, datasetId, sampleCount: 12, attacks: [attack], seed: 5 });
  expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'SUCCEEDED', error: null });
  return (await ask(SEEN, { id: evaluationIds[0] })).evaluation;
}

const SQUARE = { squareLinf: { epsilon: 0.3, queries: 60 } };
const BOUNDARY = { boundary: { queries: 60 } };
const SUBSTITUTE = { substitute: { epsilon: 0.2, trainingCount: 32, rounds: 2, epochs: 1 } };

describe('a model behind an endpoint', () => {
  it('returns scores, and is attacked like the same model from a file', async () => {
    const [found, expected] = [await evaluated(scoresId, SQUARE), await evaluated(fileId, SQUARE)];
    expect(found).toEqual({ ...expected, diagnostics: { ...expected.diagnostics, zeroGradients: null } });
    expect(found.adversarial.top1.value).toBeLessThan(found.clean.top1.value);
  });

  it('returns labels, which decision-based attacks and the substitute model use', async () => {
    const id = await ready(remote('labels', { url: endpoint.url('labels'), answers: 'LABELS' }));
    for (const attack of [BOUNDARY, SUBSTITUTE]) {
      const [found, expected] = [await evaluated(id, attack), await evaluated(fileId, attack)];
      expect(found.examples).toEqual(expected.examples);
      expect(found.clean.top5.value).toBe(found.clean.top1.value);
    }
    for (const [attack, needed] of [
      [SQUARE, 'scores'],
      [{ fgsm: { epsilon: 0.1 } }, 'gradients'],
    ] as const) {
      const refusal = (await ask(START, { input: { modelId: id, datasetId, attacks: [attack] } })).startEvaluation;
      expect(refusal).toMatchObject({ __typename: 'ValidationError', path: ['attacks', '0', Object.keys(attack)[0]] });
      expect(refusal.message).toMatch(new RegExp(`needs ${needed}, and "labels" gives decisions at most.*BOUNDARY.*SUBSTITUTE`));
    }
  });

  it('can be a target of transfers, but is neither trained nor exported', async () => {
    const id = scoresId;
    const TRANSFER = `mutation ($input: StartTransferInput!) { startTransfer(input: $input) {
      ... on StartTransferSuccess { transfer { id } job { id } } ... on UserError { message } } }`;
    const input = { sourceIds: [fileId], targetIds: [fileId, id], datasetId, sampleCount: 12, attacks: [{ fgsm: { epsilon: 0.3 } }] };
    const { transfer, job } = (await ask(TRANSFER, { input })).startTransfer;
    expect(await finished(app.graphql, job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const counts = { bothRight: true, fooledSource: true, transferred: true };
    const [same, other] = await app.runtime.database.prisma.transferResult.findMany({ select: counts });
    expect(same!.fooledSource, transfer.id).toBeGreaterThan(0);
    expect(other).toEqual(same);

    const TRAIN = `mutation ($input: StartTrainingInput!) { startTraining(input: $input) { __typename ... on UserError { message path } } }`;
    const training = {
      name: 'child',
      modelId: id,
      datasetId,
      scheme: { standard: true },
      optimizer: { adam: {} },
      schedule: { constant: { learningRate: 0.01 } },
      steps: 1,
    };
    expect((await ask(TRAIN, { input: training })).startTraining).toMatchObject({
      __typename: 'ValidationError',
      message: expect.stringContaining('black box'),
      path: ['modelId'],
    });
    const { model } = await ask(
      'query ($id: ID!) { model(id: $id) { access format onnxUrl downloadUrl parameterCount gradientsHealthy warnings } }',
      { id },
    );
    expect(model).toMatchObject({
      access: 'SCORE',
      format: null,
      onnxUrl: null,
      downloadUrl: null,
      parameterCount: null,
      gradientsHealthy: null,
    });
    const row = Buffer.from(id, 'base64url').toString().split(':').at(-1);
    const response = await fetch(`${app.url}/models/${row}/onnx`, { headers: { authorization: app.authorization } });
    expect(response.status).toBe(422);
  });
});

describe('an endpoint that fails', () => {
  it('in the middle of an evaluation fails that evaluation only', async () => {
    endpoint.faults.push(status(404));
    const { jobIds } = await startEvaluation(app.graphql, {
      modelId: scoresId,
      datasetId,
      sampleCount: 8,
      attacks: [{ squareLinf: { epsilon: 0.2, queries: 9 } }],
    });
    expect(await finished(app.graphql, jobIds[0]!)).toMatchObject({ state: 'FAILED', errorCode: 'REMOTE_MODEL_FAILED' });
    await evaluated(scoresId, { uniformNoise: { epsilon: 0.1 } });
  });
});

describe('submitting an endpoint', () => {
  it.each([
    'http://127.0.0.2/',
    'http://169.254.169.254/',
    'http://[::1]/',
    'http://2130706434/',
    'http://0x7f.0.0.2/',
    'http://[::ffff:127.0.0.2]/',
  ])('at the address %s is refused at once', async (url) => {
    expect(await remote('local', { url })).toMatchObject({ __typename: 'ValidationError', path: ['endpoint', 'url'] });
  });

  it.each([
    [{ url: 'ftp://127.0.0.1/' }, 'url'],
    [{ url: 'http://user:word@127.0.0.1/' }, 'url'],
    [{ batchSize: 0 }, 'batchSize'],
    [{ retries: 11 }, 'retries'],
    [{ authorization: 'a\nb' }, 'authorization'],
  ])('with a setting such as %j is refused', async (given, field) => {
    expect(await remote('odd', given)).toMatchObject({ __typename: 'ValidationError', path: ['endpoint', field] });
  });

  it('needs a spec, and takes no other source of a model', async () => {
    const given = { ...JSON_SCORES, url: endpoint.url('json') };
    expect(await submit('no spec', { endpoint: given })).toMatchObject({ __typename: 'ValidationError', path: ['spec', 'inputShape'] });
    expect(await submit('access', { endpoint: given, spec: SPEC, access: 'SCORE' })).toMatchObject({ path: ['access'] });
    expect(await submit('both', { endpoint: given, architecture: { name: 'mlp', seed: 1 } })).toMatchObject({
      __typename: 'ValidationError',
    });
  });
});

describe('a file without gradients', () => {
  it('is attacked as a black box', async () => {
    const train = await openDataset({ format: 'mnist', split: 'train' });
    const file = treeFile(await growTree(train, 500, 5));
    await train.close();
    const id = await ready(submit('tree', { uploadId: await upload(app, file), spec: SPEC, access: 'SCORE' }));
    const { model } = await ask('query ($id: ID!) { model(id: $id) { access output format operations gradientsHealthy } }', { id });
    expect(model).toEqual({
      access: 'SCORE',
      output: 'PROBABILITIES',
      format: 'ONNX',
      operations: { 'ai.onnx.ml.TreeEnsembleClassifier': 1 },
      gradientsHealthy: null,
    });
    const { clean, adversarial } = await evaluated(id, { squareLinf: { epsilon: 0.6, queries: 60 } });
    expect(clean.top1.value).toBeGreaterThan(0.4);
    expect(adversarial.top1.value).toBeLessThan(clean.top1.value);
  });
});

describe("the endpoint's secret", () => {
  it('is in no response, and encrypted in the database', async () => {
    const { models } = await ask('{ models(first: 50) { nodes { name warnings endpoint { url } } } }', {});
    expect(models.nodes.find(({ name }: { name: string }) => name === 'scores')).toMatchObject({
      endpoint: { url: endpoint.url('json') },
      warnings: expect.arrayContaining([expect.stringContaining('without encryption')]),
    });
    expect(answers.join()).not.toContain('sesame');
    const { prisma } = app.runtime.database;
    const [secrets, rows] = [await prisma.endpointSecret.findMany(), await prisma.model.findMany()];
    expect(secrets.length).toBe(2);
    for (const { sealed } of secrets) expect(Buffer.from(sealed).toString('latin1')).not.toContain('sesame');
    expect(JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))).not.toContain('sesame');
  });

  it('is deleted with the model', async () => {
    const { prisma } = app.runtime.database;
    const before = await prisma.endpointSecret.count();
    await ask('mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }', { id: scoresId });
    expect(await prisma.endpointSecret.count()).toBe(before - 1);
  });
});
