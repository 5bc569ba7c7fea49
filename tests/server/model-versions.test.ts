/** Models as their owners publish them, over HTTP: versions under one name, cards from files, and transfers that an owner of a listed model allows. */
import { readFile } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withMetadata } from '../../src/compute/models/index.js';
import { cardOfReadme, readmeOfCard } from '../../src/results/model-card.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';
import { sharedCompute } from './support/shared-compute.js';
import { type Files, readFolder, upload, zipOf } from './support/upload.js';

let app: TestApplication;
let datasetId: string;
let alice: GraphQLClient;
let bob: GraphQLClient;
let authorizations: { readonly alice: string; readonly bob: string };

beforeAll(async () => {
  app = await startTestApplication({}, { openCompute: sharedCompute });
  datasetId = await registerMnist(app.graphql);
  authorizations = { alice: await app.authorizationOf('alice', 'SUBMITTER'), bob: await app.authorizationOf('bob', 'SUBMITTER') };
  [alice, bob] = [graphqlClient(app.graphqlUrl, authorizations.alice), graphqlClient(app.graphqlUrl, authorizations.bob)];
});
afterAll(() => app?.close());

const ERROR = '... on UserError { message path }';
const SUBMIT = `mutation ($input: SubmitModelInput!) { submitModel(input: $input) {
  __typename ... on SubmitModelSuccess { model { id name version } job { id } } ${ERROR} } }`;

const submit = async (graphql: GraphQLClient, input: object) => (await dataOf(graphql(SUBMIT, { input }))).submitModel;

async function ready(graphql: GraphQLClient, input: object): Promise<{ id: string; name: string; version: number }> {
  const { model, job, message } = await submit(graphql, input);
  if (!job) throw new Error(message);
  expect(await finished(graphql, job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
  return model;
}

const network = (seed: number) => ({ architecture: { name: 'mnist-small-cnn', seed } });

describe('versions of a model', () => {
  const BY_NAME = `query ($name: String!, $version: Int) { model(name: $name, version: $version) { id version versions { id version } } }`;
  const byName = async (graphql: GraphQLClient, name: string, version?: number) =>
    (await dataOf(graphql(BY_NAME, { name, version }))).model;

  it('share a name, the newest that is ready is meant by it, and each keeps results that are compared in pairs', async () => {
    const first = await ready(alice, { name: 'line', visibility: 'LISTED', ...network(1) });
    expect(await submit(alice, { name: 'line', ...network(2) })).toMatchObject({ __typename: 'NameTakenError' });
    const second = await ready(alice, { versionOf: first.id, visibility: 'LISTED', ...network(2) });
    expect(second).toMatchObject({ name: 'line', version: 2 });
    expect(await byName(bob, 'line')).toMatchObject({
      id: second.id,
      versions: [
        { id: second.id, version: 2 },
        { id: first.id, version: 1 },
      ],
    });
    expect((await byName(bob, 'line', 1)).id).toBe(first.id);
    expect(await byName(bob, 'line', 3)).toBeNull();
    const request = { datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 20 };
    for (const { id } of [first, second]) {
      const { jobIds } = await startEvaluation(alice, { ...request, modelId: id });
      await finished(alice, jobIds[0]!);
    }
    const compare = `query ($input: CompareModelsInput!) { compareModels(input: $input) {
      pairs { first { id } second { id } both onlyFirst onlySecond difference { value } pValue } } }`;
    const input = { modelIds: [first.id, second.id], datasetId, attackKind: 'FGSM', epsilon: 0.1 };
    const [pair] = (await dataOf(bob(compare, { input }))).compareModels.pairs;
    expect(pair).toMatchObject({ first: { id: first.id }, second: { id: second.id } });
    expect(pair.difference.value).toBeCloseTo((pair.onlyFirst - pair.onlySecond) / 20, 10);
    // A private version is its owner's: others still have the one before.
    const third = await ready(alice, { versionOf: second.id, ...network(3) });
    expect((await byName(alice, 'line')).id).toBe(third.id);
    expect((await byName(bob, 'line')).id).toBe(second.id);
    expect((await byName(bob, 'line')).versions).toHaveLength(2);
  });

  it('come from the owner of the name alone, and have no other', async () => {
    const mine = await ready(alice, { name: 'mine', visibility: 'LISTED', ...network(11) });
    expect(await submit(bob, { versionOf: mine.id, ...network(12) })).toMatchObject({ __typename: 'ForbiddenError', path: ['versionOf'] });
    expect(await submit(alice, { versionOf: mine.id, name: 'another', ...network(12) })).toMatchObject({ path: ['name'] });
    expect(await submit(alice, network(12))).toMatchObject({ __typename: 'ValidationError', path: ['name'] });
    expect(await submit(alice, { versionOf: datasetId, ...network(12) })).toMatchObject({ __typename: 'NotFoundError' });
  });

  it('of two owners never have one public name, also where both publish at once', async () => {
    const [his, hers] = [
      await submitArchitecture(bob, 'contended', undefined, 21),
      await submitArchitecture(alice, 'contended', undefined, 22),
    ];
    const update = `mutation ($input: UpdateModelInput!) { updateModel(input: $input) { __typename } }`;
    const publish = async (graphql: GraphQLClient, modelId: string) =>
      (await dataOf(graphql(update, { input: { modelId, visibility: 'LISTED' } }))).updateModel.__typename as string;
    const outcomes = await Promise.all([publish(bob, his), publish(alice, hers)]);
    expect(outcomes.sort()).toEqual(['NameTakenError', 'UpdateModelSuccess']);
  });
});

describe('the card of a model', () => {
  const README = `---
license: mit
datasets:
  - mnist
  - fashion-mnist
authors: A. Turing
extraData: false
date: 2026-11-30
link: javascript:alert(1)
pipeline_tag: image-classification
---
# A network

Trained for an hour.
`;
  const CARD = `query ($id: ID!) { model(id: $id) { readmeUrl onnxUrl card {
    paper authors licence trainingData extraData date link readme } } }`;
  const cardOf = async (id: string) => (await dataOf(alice(CARD, { id }))).model;
  let files: Files;

  beforeAll(async () => {
    files = await readFolder('assets/models/mnist-baseline');
  });

  const submitted = async (name: string, bytes: Uint8Array) => {
    const uploadId = await upload({ url: app.url, authorization: authorizations.alice }, bytes);
    return ready(alice, { name, uploadId });
  };

  it("comes from an archive's README, as Hugging Face has them, without what is no value of its fields", async () => {
    const { id } = await submitted('with a README', zipOf({ ...files, 'README.md': Buffer.from(README) }));
    const { card, readmeUrl } = await cardOf(id);
    expect(card).toEqual({
      ...{ paper: null, authors: 'A. Turing', licence: 'mit', trainingData: 'mnist, fashion-mnist', extraData: false, date: '2026-11-30' },
      ...{ link: null, readme: '# A network\n\nTrained for an hour.' },
    });
    const response = await fetch(`${app.url}${readmeUrl}`, { headers: { authorization: authorizations.alice } });
    expect(cardOfReadme(await response.text())).toEqual(cardOfReadme(README));
    const { readmeUrl: none } = await cardOf(await submitArchitecture(alice, 'without a README'));
    expect(none).toBeNull();
  });

  it("comes from an ONNX file's metadata, and is written into the ONNX files that are downloaded", async () => {
    const onnx = await readFile('tests/fixtures/onnx/mobilenet.onnx');
    const described = withMetadata(onnx, { model_author: 'Ada', model_license: 'Apache-2.0', Paper: 'Notes', unknown: 'x' });
    const { id } = await submitted('with metadata', described);
    const { card, onnxUrl } = await cardOf(id);
    expect(card).toMatchObject({ authors: 'Ada', licence: 'Apache-2.0', paper: 'Notes' });
    const response = await fetch(`${app.url}${onnxUrl}`, { headers: { authorization: authorizations.alice } });
    const { metadataProps, graph } = fromBinary(ModelProtoSchema, new Uint8Array(await response.arrayBuffer()));
    expect(graph!.node.length).toBeGreaterThan(0);
    const metadata = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
    expect(metadata).toMatchObject({ authors: 'Ada', licence: 'Apache-2.0', paper: 'Notes' });
  });

  it('is the README that it was read from, and takes no harm from front matter that is none', () => {
    const card = { authors: 'A: B', licence: 'mit', extraData: true, date: '2026-11-30', readme: '# Title\n\n---\nText' };
    expect(cardOfReadme(readmeOfCard(card))).toEqual(card);
    expect(cardOfReadme('---\n{ not: [yaml\n---\ntext')).toEqual({ readme: 'text' });
    expect(cardOfReadme('---\n- a list\n---\ntext')).toEqual({ readme: 'text' });
    expect(cardOfReadme('no front matter')).toEqual({ readme: 'no front matter' });
    // Ten levels of ten aliases each would be 10^10 values.
    const bomb = Array.from({ length: 10 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`);
    expect(cardOfReadme(`---\na0: &a0 x\n${bomb.join('\n')}\n---\ntext`)).toEqual({ readme: 'text' });
  });
});

describe('a transfer from a listed model of somebody else', () => {
  const TRANSFER = `mutation ($input: StartTransferInput!) { startTransfer(input: $input) {
    __typename ... on StartTransferSuccess { transfer { id } job { id } } ${ERROR} } }`;
  const transfer = async (graphql: GraphQLClient, input: object) => (await dataOf(graphql(TRANSFER, { input }))).startTransfer;
  let listed: string;
  let target: string;
  const request = () => ({ sourceIds: [listed], targetIds: [target], datasetId, attacks: [{ fgsm: { epsilon: 0.2 } }], sampleCount: 12 });

  beforeAll(async () => {
    listed = await submitArchitecture(alice, 'listed source', undefined, 41, 'LISTED');
    target = await submitArchitecture(bob, 'own target', undefined, 42);
  });

  it("is made by the server where the owner allows it, and gives nobody the model's file or the images", async () => {
    expect(await transfer(bob, request())).toMatchObject({ __typename: 'ForbiddenError', path: ['sourceIds', '0'] });
    const allow = `mutation ($input: UpdateModelInput!) { updateModel(input: $input) { ... on UpdateModelSuccess { model { allowsTransfers } } } }`;
    expect((await dataOf(alice(allow, { input: { modelId: listed, allowsTransfers: true } }))).updateModel.model.allowsTransfers).toBe(
      true,
    );
    const { job, transfer: started } = await transfer(bob, request());
    expect(await finished(bob, job.id)).toMatchObject({ state: 'SUCCEEDED' });
    const read = `query ($id: ID!) { transfer(id: $id) { evaluations { id
      model { downloadUrl onnxUrl fingerprint } examples(first: 1) { nodes { adversarialImageUrl } } }
      cells { rate { n } } } }`;
    const { evaluations, cells } = (await dataOf(bob(read, { id: started.id }))).transfer;
    expect(cells).toHaveLength(1);
    expect(evaluations[0].model).toEqual({ downloadUrl: null, onnxUrl: null, fingerprint: null });
    // The owner sees what was made on the model; the one who asked for it does not, not even by its address.
    const own = (await dataOf(app.graphql(read, { id: started.id }))).transfer.evaluations[0].examples.nodes[0];
    const get = (path: string, authorization: string) => fetch(`${app.url}${path}`, { headers: { authorization } });
    expect((await get(own.adversarialImageUrl, authorizations.alice)).status).toBe(200);
    expect((await get(own.adversarialImageUrl, authorizations.bob)).status).toBe(404);
    const images = own.adversarialImageUrl.split('/images/')[0] as string;
    expect((await get(images, authorizations.bob)).status).toBe(404);
    const sign = `query ($urls: [String!]!) { signedUrls(urls: $urls) { url } }`;
    const { signedUrls } = await dataOf(bob(sign, { urls: [own.adversarialImageUrl] }));
    expect((await fetch(new URL(signedUrls[0].url as string, app.url))).status).toBe(404);
    // Nothing else is allowed by it.
    const start = `mutation ($input: StartEvaluationInput!) { startEvaluation(input: $input) { __typename } }`;
    const evaluation = { modelId: listed, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 4 };
    expect((await dataOf(bob(start, { input: evaluation }))).startEvaluation.__typename).toBe('ForbiddenError');
    expect(await transfer(bob, { ...request(), sourceIds: [target], targetIds: [listed] })).toMatchObject({ __typename: 'ForbiddenError' });
  });

  it('goes to no target that answers elsewhere, and uses no images that were chosen for it', async () => {
    const { prisma } = app.runtime.database;
    const elsewhere = await submitArchitecture(bob, 'answers elsewhere', undefined, 43);
    const { id: rowOfIt } = await prisma.model.findFirstOrThrow({ where: { name: 'answers elsewhere' } });
    const endpoint = { url: 'https://example.org', protocol: 'JSON', answers: 'SCORES' };
    await prisma.model.update({ where: { id: rowOfIt }, data: { endpoint } });
    expect(await transfer(bob, { ...request(), targetIds: [elsewhere] })).toMatchObject({
      __typename: 'ForbiddenError',
      path: ['targetIds', '0'],
    });
    const dataset = await prisma.dataset.findFirstOrThrow({ where: { name: 'mnist-test' } });
    await prisma.dataset.update({ where: { id: dataset.id }, data: { owner: 'bob' } });
    expect(await transfer(bob, { ...request(), seed: 7 })).toMatchObject({ __typename: 'ForbiddenError', path: ['datasetId'] });
    await prisma.dataset.update({ where: { id: dataset.id }, data: { owner: dataset.owner } });
  });
});
