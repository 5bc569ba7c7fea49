import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataType, encode, floats } from '../compute/onnx-files.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf } from './support/client.js';
import { finished, registerMnist, START, submitArchitecture } from './support/operations.js';
import { json, openUpload, readFolder, tarOf, upload, zipOf, type Files } from './support/upload.js';
import { zip } from './support/zip.js';

let app: TestApplication;
let good: Files;
let modelId: string;
let datasetId: string;

beforeAll(async () => {
  app = await startTestApplication({
    GAUNTLET_ARCHIVE_MAX_BYTES: String(64 * 1024 ** 2),
    GAUNTLET_ARCHIVE_MAX_ENTRIES: '50',
    GAUNTLET_MODEL_MAX_WEIGHT_BYTES: String(16 * 1024 ** 2),
  });
  const directory = join(app.directory, 'built');
  await app.runtime.compute.buildModel({ architecture: 'mnist-small-cnn', seed: 1 }, directory);
  good = await readFolder(directory);
  modelId = await submitArchitecture(app.graphql, 'good');
  datasetId = await registerMnist(app.graphql);
});
afterAll(() => app?.close());

const SUBMIT = `mutation ($input: SubmitModelInput!) {
  submitModel(input: $input) { __typename ... on SubmitModelSuccess { model { id } job { id } } ... on UserError { message path } }
}`;

const REJECTED = `query ($id: ID!) { model(id: $id) { status spec { classCount } downloadUrl job { error } } }`;
const DELETE = `mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }`;

/** The validation of a model fails with this code and message; of the model stays a row that says so, until its owner deletes it. */
async function rejected(archive: Uint8Array, input: object, code: string, message: RegExp): Promise<void> {
  const before = await app.inventory();
  const uploadId = await upload(app, archive);
  const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: 'bad', uploadId, ...input } }));
  const { model, job } = submitModel;
  const errorCode = expect.stringMatching(new RegExp(`^(${code})$`)) as string;
  expect(await finished(app.graphql, job.id)).toMatchObject({ state: 'FAILED', errorCode, error: expect.stringMatching(message) });
  const { model: seen } = await dataOf(app.graphql(REJECTED, { id: model.id }));
  expect(seen).toEqual({ status: 'REJECTED', spec: null, downloadUrl: null, job: { error: expect.stringMatching(message) } });
  await expect.poll(() => app.inventory()).toEqual({ ...before, models: before.models! + 1, jobs: before.jobs! + 1 });
  await dataOf(app.graphql(DELETE, { id: model.id }));
  await expect.poll(() => app.inventory()).toEqual(before);
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
}

/** A request fails with this type and message, and leaves everything as it was. */
async function refused(field: string, query: string, input: object, typename: string, message: RegExp): Promise<void> {
  const before = await app.inventory();
  const payload = (await dataOf(app.graphql(query, { input })))[field];
  expect(payload).toMatchObject({ __typename: typename, message: expect.stringMatching(message) });
  await expect.poll(() => app.inventory()).toEqual(before);
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
}

const modelJson = () => JSON.parse(Buffer.from(good['model.json']!).toString());
const shardName = () => Object.keys(good).find((name) => name !== 'model.json')!;

function withJson(change: (model: ReturnType<typeof modelJson>) => void): Files {
  const model = modelJson();
  change(model);
  return { ...good, 'model.json': json(model) };
}

describe('submitting a model', () => {
  const archives: [string, () => Uint8Array | Promise<Uint8Array>, string, RegExp][] = [
    [
      'a truncated weight file',
      () => zipOf({ ...good, [shardName()]: good[shardName()]!.subarray(0, 1000) }),
      'INVALID_MODEL|INVALID_ARCHIVE',
      /./,
    ],
    ['a missing weight file', () => zipOf({ 'model.json': good['model.json']! }), 'INVALID_MODEL|INVALID_ARCHIVE', /./],
    [
      'a model.json that names 10 GB of weights',
      () => zipOf(withJson((model) => (model.weightsManifest[0].weights[0].shape = [50_000, 50_000]))),
      'LIMIT_EXCEEDED|INVALID_MODEL',
      /./,
    ],
    [
      'NaN weights',
      () => zipOf({ ...good, [shardName()]: new Uint8Array(good[shardName()]!.length).fill(0xff) }),
      'INVALID_MODEL|INVALID_ARCHIVE',
      /./,
    ],
    [
      'a model.json that is no JSON',
      () => zipOf({ ...good, 'model.json': Buffer.from('{"modelTopology": ') }),
      'INVALID_MODEL|INVALID_ARCHIVE',
      /./,
    ],
    ['a model.json without a model', () => zipOf({ 'model.json': json({}) }), 'INVALID_MODEL|INVALID_ARCHIVE', /./],
    ['a zip without a model.json', () => zipOf({ 'readme.txt': Buffer.from('hello') }), 'INVALID_MODEL|INVALID_ARCHIVE', /model\.json/],
    ['an empty zip', () => zip([]), 'INVALID_MODEL|INVALID_ARCHIVE', /./],
    ['no archive at all', () => Buffer.from('no archive '.repeat(500)), 'INVALID_MODEL|INVALID_ARCHIVE', /no zip, tar or tar\.gz/],
    ['an empty file', () => new Uint8Array(0), 'INVALID_MODEL|INVALID_ARCHIVE', /no zip/],
    ['a corrupt zip', () => corrupt(zipOf(good)), 'INVALID_MODEL|INVALID_ARCHIVE', /./],
    ['a truncated tar.gz', async () => (await tarOf(good, true)).subarray(0, 4000), 'INVALID_MODEL|INVALID_ARCHIVE', /./],
    ['a zip that leads outside', () => zip([{ name: '../../evil', bytes: json(1) }]), 'INVALID_MODEL|INVALID_ARCHIVE', /relative path/],
    ['a zip with an absolute path', () => zip([{ name: '/tmp/evil', bytes: json(1) }]), 'INVALID_MODEL|INVALID_ARCHIVE', /absolute path/],
    [
      'a zip with a link',
      () => zip([{ name: 'model.json', bytes: Buffer.from('/etc/passwd'), mode: 0o120777 }]),
      'INVALID_MODEL|INVALID_ARCHIVE',
      /link/,
    ],
    [
      'a zip with too many entries',
      () => zip(Array.from({ length: 51 }, (_, i) => ({ name: `f${i}`, bytes: json(i) }))),
      'LIMIT_EXCEEDED',
      /50 entries/,
    ],
    [
      'more bytes of weights than the server is set to accept',
      () => zipOf(withJson(({ weightsManifest }) => (weightsManifest[0].weights[0].shape = [5000, 1000]))),
      'LIMIT_EXCEEDED',
      /at most 16777216 are accepted/,
    ],
    [
      'a checkpoint of PyTorch',
      () => zipOf({ 'archive/data.pkl': json(1), 'archive/version': json(3) }),
      'INVALID_MODEL',
      /checkpoint that torch\.save wrote.*torch\.onnx\.export/,
    ],
    ['a zip bomb', () => zip([{ name: 'model.json', bytes: new Uint8Array(20 * 1024 ** 2) }]), 'LIMIT_EXCEEDED', /times its size/],
  ];

  it.each(archives)('rejects %s', async (_name, archive, code, message) => rejected(await archive(), {}, code, message));

  it.each([
    ['mean of the wrong length', { mean: [0.1, 0.2, 0.3], std: [1, 1, 1] }],
    ['a class count that is not the output', { classCount: 11 }],
  ])('rejects a spec with %s', async (_name, spec) => rejected(zipOf(good), { spec }, 'INVALID_MODEL', /./));
});

describe('submitting a model with bad settings', () => {
  it.each([
    [
      'a spec with a shape of the wrong length',
      () => ({ uploadId: 'x', spec: { inputShape: [28, 28] } }),
      'ValidationError',
      /spec\.inputShape/,
    ],
    ['a spec with an empty value range', () => ({ uploadId: 'x', spec: { valueRange: [1, 1] } }), 'ValidationError', /lower end/],
    [
      'a spec with half a value range',
      () => ({ uploadId: 'x', spec: { valueRange: [0] } }),
      'ValidationError',
      /the lowest and the highest/,
    ],
    ['an unknown upload', () => ({ uploadId: 'bm90aGluZw' }), 'NotFoundError', /no upload/],
    ['an upload that is not complete', async () => ({ uploadId: await openUpload(app) }), 'ValidationError', /not complete/],
    ['neither upload nor architecture', () => ({}), 'ValidationError', /one of them/],
    ['an unknown architecture', () => ({ architecture: { name: 'perceptron-9000' } }), 'InvalidModelError', /mnist-cnn/],
    ['a name that is taken', () => ({ name: 'good', architecture: { name: 'mnist-cnn' } }), 'NameTakenError', /"good"/],
    ['a name that is none', () => ({ name: ' \n', architecture: { name: 'mnist-cnn' } }), 'ValidationError', /letters/],
  ])('is refused: %s', async (_name, input, typename, message) => {
    await refused('submitModel', SUBMIT, { name: 'bad', ...(await input()) }, typename, message);
  });

  it('names the field of an architecture that is unknown', async () => {
    const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: 'bad', architecture: { name: 'perceptron-9000' } } }));
    expect(submitModel.path).toEqual(['architecture', 'name']);
  });
});

describe('registering a data set', () => {
  const REGISTER = `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) { __typename ... on UserError { message } } }`;

  it('refuses unknown formats, missing files and names that are taken', async () => {
    await refused('registerDataset', REGISTER, { name: 'x', format: 'svhn' }, 'InvalidDatasetError', /mnist/);
    await refused('registerDataset', REGISTER, { name: 'x', format: 'cifar10' }, 'InvalidDatasetError', /./);
    await refused('registerDataset', REGISTER, { name: 'x', format: 'imagenet' }, 'InvalidDatasetError', /directory/);
    await refused('registerDataset', REGISTER, { name: 'mnist-test', format: 'mnist' }, 'NameTakenError', /mnist-test/);
  });
});

describe('starting an evaluation', () => {
  const fgsm = { fgsm: { epsilon: 0.1 } };

  it.each([
    ['an unknown model', () => ({ modelId: 'TW9kZWw6eA', datasetId, attacks: [fgsm] }), 'NotFoundError', /no model/],
    ["a data set's id for a model", () => ({ modelId: datasetId, datasetId, attacks: [fgsm] }), 'NotFoundError', /no model/],
    ['an unknown data set', () => ({ modelId, datasetId: '', attacks: [fgsm] }), 'NotFoundError', /no data set/],
    ['no model', () => ({ datasetId, attacks: [fgsm] }), 'ValidationError', /at least one model/],
    ['no attack', () => ({ modelId, datasetId, attacks: [] }), 'ValidationError', /at least one attack/],
    ['no examples', () => ({ modelId, datasetId, attacks: [fgsm], sampleCount: 0 }), 'ValidationError', /1 to 10000/],
    [
      'more examples than there are',
      () => ({ modelId, datasetId, attacks: [fgsm], offset: 9990, sampleCount: 11 }),
      'ValidationError',
      /1 to 10 /,
    ],
    ['a start before the first example', () => ({ modelId, datasetId, attacks: [fgsm], offset: -1 }), 'ValidationError', /0 to 9999/],
    [
      'a parameter out of its range',
      () => ({ modelId, datasetId, attacks: [fgsm, { iterLl: { epsilon: 0.1, steps: -1 } }] }),
      'ValidationError',
      /steps/,
    ],
  ])('is refused: %s', async (_name, input, typename, message) => {
    await refused('startEvaluation', START, input(), typename, message);
  });

  it('refuses a model that does not fit the data set, before anything is queued', async () => {
    const cifarModel = await submitArchitecture(app.graphql, 'cifar', 'resnet-20');
    await refused(
      'startEvaluation',
      START,
      { modelId: cifarModel, datasetId, attacks: [fgsm] },
      'ModelDatasetMismatchError',
      /32×32×3.*28×28×1/,
    );
  });

  it.each([-1, '8/0', '0/0', 'NaN', '1e999', 'eight', '-8/255', ''])(
    'refuses a magnitude of %j, and says what is allowed',
    async (epsilon) => {
      const before = await app.inventory();
      for (const [query, variables] of [
        [START, { input: { modelId, datasetId, attacks: [{ fgsm: { epsilon } }] } }],
        [
          START.replace('($input: StartEvaluationInput!)', '').replace(
            '$input',
            `{ modelId: "${modelId}", datasetId: "${datasetId}", attacks: [{ fgsm: { epsilon: ${JSON.stringify(epsilon)} } }] }`,
          ),
          {},
        ],
      ] as const) {
        const { errors } = await app.graphql(query, variables);
        expect(errors?.[0]?.message).toMatch(/is not a Magnitude.*not negative.*8\/255/);
        expect(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']).toContain(errors?.[0]?.extensions?.code);
        expect(errors?.[0]?.extensions).not.toHaveProperty('stacktrace');
      }
      await expect.poll(() => app.inventory()).toEqual(before);
    },
  );

  it.each([1.5, 8, '300/255'])('refuses an L∞ budget of %j, which exceeds the pixel range', async (epsilon) => {
    await refused(
      'startEvaluation',
      START,
      { modelId, datasetId, attacks: [{ fgsm: { epsilon } }] },
      'ValidationError',
      /from 0 to 1, such as 8\/255/,
    );
  });

  it('refuses an attack without a budget, and an empty list of budgets', async () => {
    const input = { modelId, datasetId, attacks: [{ fgsm: {} }] };
    await refused('startEvaluation', START, input, 'ValidationError', /"epsilon" is missing.*8\/255/);
    await refused('startEvaluation', START, { ...input, epsilons: [] }, 'ValidationError', /at least one budget/);
    await refused('startEvaluation', START, { ...input, epsilons: [0.1, 2] }, 'ValidationError', /from 0 to 1/);
    await refused(
      'startEvaluation',
      START,
      { ...input, epsilons: [0.1, 0.2, 0.1] },
      'ValidationError',
      /0.1 is there twice. Leave one out/,
    );
    await refused('startEvaluation', START, { ...input, modelIds: [modelId] }, 'ValidationError', /not both/);
  });

  it('refuses a target class that the model does not have, also in a list of attacks', async () => {
    const pgd = { pgd: { epsilon: 0.1, targetClass: 10 } };
    for (const attack of [pgd, { worstOf: { attacks: [fgsm, pgd] } }]) {
      const input = { modelId, datasetId, attacks: [attack] };
      await refused('startEvaluation', START, input, 'ValidationError', /targetClass is 10; .* 0 to 9/);
    }
  });

  it('refuses an attack input with two attacks, or none', async () => {
    for (const attack of [{}, { ...fgsm, stepLl: { epsilon: 0.1 } }]) {
      const { errors } = await app.graphql(START, { input: { modelId, datasetId, attacks: [attack] } });
      expect(errors?.[0]?.message).toMatch(/AttackInput/);
    }
  });
});

describe('unknown ids', () => {
  it.each([
    '',
    'x',
    'TW9kZWw6',
    '../../etc',
    'TW9kZWw6MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAw',
    '💥',
    '\'; DROP TABLE "Model"; --',
  ])('give null in queries: %j', async (id) => {
    const data = await dataOf(
      app.graphql(
        `query ($id: ID!) { node(id: $id) { id } model(id: $id) { id } dataset(id: $id) { id } job(id: $id) { id } evaluation(id: $id) { id } }`,
        { id },
      ),
    );
    expect(data).toEqual({ node: null, model: null, dataset: null, job: null, evaluation: null });
  });

  it('give a NotFoundError in mutations', async () => {
    const data = await dataOf(
      app.graphql(`mutation { cancelJob(input: { jobId: "x" }) { __typename } deleteModel(input: { modelId: "x" }) { __typename } }`),
    );
    expect(data).toEqual({ cancelJob: { __typename: 'NotFoundError' }, deleteModel: { __typename: 'NotFoundError' } });
  });

  it('of artifacts and images give status 404', async () => {
    for (const path of [
      '/artifacts/x',
      '/artifacts/%00',
      '/artifacts/%00/images/0.png',
      '/artifacts/x/images/0.png',
      '/datasets/x/images/0.png',
      '/nothing',
      '/artifacts/..%2f..%2fx',
    ]) {
      const response = await fetch(app.url + path, { headers: { authorization: app.authorization } });
      expect([path, response.status]).toEqual([path, 404]);
      expect(await response.json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
    }
  });
});

describe('text that the database cannot store', () => {
  const bad = ['a\u0000b', 'a\ud800b'];

  it.each(bad)('is refused in variables and in the query: %j', async (text) => {
    const before = await app.inventory();
    const architecture = { name: 'mnist-cnn' };
    for (const [query, variables] of [
      ['query ($text: String!) { model(name: $text) { id } }', { text }],
      ['query ($text: String!) { models(filter: { nameContains: $text }) { totalCount } }', { text }],
      [SUBMIT, { input: { name: 'bad', description: text, architecture } }],
      [SUBMIT, { input: { name: 'bad', spec: { classNames: [text] }, architecture } }],
      [`{ model(name: ${JSON.stringify(text)}) { id } }`, {}],
    ] as const) {
      const { errors } = await app.graphql(query, variables);
      expect(errors?.[0]?.extensions?.code).toMatch(/^(BAD_USER_INPUT|GRAPHQL_PARSE_FAILED)$/);
    }
    await expect.poll(() => app.inventory()).toEqual(before);
  });

  it.each(bad)('is refused as the name of a file: %j', async (fileName) => {
    const response = await fetch(`${app.url}/uploads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: app.authorization },
      body: JSON.stringify({ fileName }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'INVALID', message: expect.stringMatching(/^fileName/) } });
  });

  it('is ignored in variables that the query does not use, however deep', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const response = await fetch(app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: app.authorization },
      body: `{"query": "{ __typename }", "variables": {"x": ${deep}}}`,
    });
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  it('is replaced in warnings that quote it', async () => {
    const w = floats(
      [784, 10],
      Array.from({ length: 7840 }, (_, i) => Math.sin(i)),
    );
    const file = encode({
      input: ['n', 1, 28, 28],
      nodes: [
        { op: 'Flatten', inputs: ['image'], outputs: ['flat'] },
        { op: 'Gemm', inputs: ['flat', 'w'], outputs: ['scores'] },
        { op: 'ArgMax', inputs: ['scores'], outputs: ['lab\0el'], attributes: { axis: 1 } },
      ],
      weights: { w },
      outputs: { 'lab\0el': DataType.INT64 },
    });
    const { submitModel } = await dataOf(app.graphql(SUBMIT, { input: { name: 'quoted', uploadId: await upload(app, file) } }));
    expect(await finished(app.graphql, submitModel.job.id)).toMatchObject({ state: 'SUCCEEDED' });
    const { model } = await dataOf(app.graphql('query ($id: ID!) { model(id: $id) { warnings } }', { id: submitModel.model.id }));
    expect(model.warnings[0]).toMatch(/output lab\ufffdel holds no scores/);
  });
});

describe('invalid arguments of pages', () => {
  it.each(['first: 0', 'first: 101', 'first: 1, last: 1', 'after: "x"', 'last: 2, after: "x"', 'first: 2, before: "x"'])(
    'are refused: %s',
    async (args) => {
      const { errors } = await app.graphql(`{ models(${args}) { totalCount nodes { id } } }`);
      expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
    },
  );
});

function corrupt(archive: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(archive);
  copy.fill(0x55, 200, 400);
  return copy;
}
