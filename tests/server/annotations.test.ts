import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient } from './support/client.js';
import { finished, registerMnist, startEvaluation, submitArchitecture } from './support/operations.js';

let app: TestApplication;
let owner: GraphQLClient;
let other: GraphQLClient;
let datasetId: string;
let modelId: string;
let privateId: string;
let evaluationIds: readonly string[];
let studyId: string;

async function clientOf(name: string, role: 'VIEWER' | 'SUBMITTER'): Promise<GraphQLClient> {
  const { secret } = await app.services.tokens.create({ name, role });
  return graphqlClient(app.graphqlUrl, `Bearer ${secret}`);
}

beforeAll(async () => {
  app = await startTestApplication();
  [owner, other] = [await clientOf('owner', 'SUBMITTER'), await clientOf('other', 'VIEWER')];
  datasetId = await registerMnist(app.graphql);
  modelId = await submitArchitecture(owner, 'resnet_shared', undefined, 1, 'PUBLIC');
  privateId = await submitArchitecture(owner, 'resnetXsecret', undefined, 2);
  const started = await startEvaluation(owner, {
    modelId,
    datasetId,
    attacks: [{ fgsm: { epsilon: 0.1 } }],
    epsilons: [0.1, 0.2],
    sampleCount: 2,
  });
  evaluationIds = started.evaluationIds;
  for (const jobId of started.jobIds) await finished(owner, jobId);
  const { prisma } = app.runtime.database;
  const job = await prisma.job.create({ data: { owner: 'owner', kind: 'study', state: 'SUCCEEDED', total: 1, unit: 'tasks' } });
  const dataset = rowId(datasetId, 'Dataset')!;
  const data = {
    owner: 'owner',
    recipe: 'F1',
    version: 1,
    settings: {},
    trainingDatasetId: dataset,
    testDatasetId: dataset,
    jobId: job.id,
  };
  studyId = encodeGlobalId('Study', (await prisma.study.create({ data })).id);
});
afterAll(() => app?.close());

async function annotate(graphql: GraphQLClient, input: { id: string; tags?: string[] | null; note?: string | null }) {
  const query = `mutation ($input: AnnotateInput!) { annotate(input: $input) { __typename
    ... on AnnotateSuccess { node { id tags note } } ... on UserError { message path } } }`;
  return (await dataOf(graphql(query, { input }))).annotate;
}

async function search(graphql: GraphQLClient, text: string): Promise<[string, string][]> {
  const found = (await dataOf(graphql('query ($text: String!) { search(text: $text) { field node { id } } }', { text }))).search;
  return found.map(({ field, node }: { field: string; node: { id: string } }) => [field, node.id]);
}

describe('tags and notes', () => {
  it('are normalised, kept once and sorted; what is left out stays, and an empty text removes a note', async () => {
    const tags = ['Paper  Figure 2', 'ＷＩＤＥ', 'wide', 'ﬁnal'];
    expect(await annotate(owner, { id: modelId, tags, note: ' Lies at ε = 10⁻³.\r\nRun again. ' })).toEqual({
      __typename: 'AnnotateSuccess',
      node: { id: modelId, tags: ['final', 'paper figure 2', 'wide'], note: 'Lies at ε = 10⁻³.\nRun again.' },
    });
    expect((await annotate(owner, { id: modelId, note: '  ' })).node).toMatchObject({
      tags: ['final', 'paper figure 2', 'wide'],
      note: null,
    });
    expect((await annotate(owner, { id: modelId, tags: null, note: 'kept' })).node).toMatchObject({
      tags: ['final', 'paper figure 2', 'wide'],
      note: 'kept',
    });
    const { model } = await dataOf(other('query ($id: ID!) { model(id: $id) { tags note } }', { id: modelId }));
    expect(model).toEqual({ tags: ['final', 'paper figure 2', 'wide'], note: 'kept' });
  });

  it.each([
    [{ tags: ['a'.repeat(41)] }, ['tags', '0'], /1 to 40 letters/],
    [{ tags: ['good', '<b>'] }, ['tags', '1'], /1 to 40 letters/],
    [{ tags: [''] }, ['tags', '0'], /1 to 40 letters/],
    [{ tags: Array.from({ length: 21 }, (_, i) => `t${i}`) }, ['tags'], /20 tags at most, not 21/],
    [{ note: 'x'.repeat(2001) }, ['note'], /2000 characters/],
    [{ note: 'a\u0007b' }, ['note'], /control characters/],
  ])('%j are refused with what is allowed', async (input, path, message) => {
    const before = (await annotate(owner, { id: modelId })).node;
    expect(await annotate(owner, { id: modelId, ...input })).toEqual({
      __typename: 'ValidationError',
      path,
      message: expect.stringMatching(message),
    });
    expect((await annotate(owner, { id: modelId })).node).toEqual(before);
  });

  it('are the owner’s to set, and everyone’s who sees the thing to filter by', async () => {
    expect((await annotate(owner, { id: evaluationIds[0]!, tags: ['baseline', 'figure-2'] })).__typename).toBe('AnnotateSuccess');
    expect((await annotate(owner, { id: evaluationIds[1]!, tags: ['baseline'] })).__typename).toBe('AnnotateSuccess');
    expect((await annotate(owner, { id: studyId, tags: ['baseline'] })).__typename).toBe('AnnotateSuccess');
    expect((await annotate(app.graphql, { id: datasetId, tags: ['baseline'] })).__typename).toBe('AnnotateSuccess');
    expect((await annotate(owner, { id: datasetId, tags: [] })).__typename).toBe('ForbiddenError');
    expect((await annotate(owner, { id: 'nothing', tags: [] })).__typename).toBe('NotFoundError');
    const lists = `query ($tags: [String!]) {
      evaluations(filter: { tags: $tags }) { nodes { id } } models(filter: { tags: $tags }) { nodes { id } }
      datasets(filter: { tags: $tags }) { nodes { id } } studies(filter: { tags: $tags }) { nodes { id } } }`;
    const listed = async (graphql: GraphQLClient, tags: string[]) =>
      Object.values(await dataOf(graphql(lists, { tags }))).map((list) =>
        (list as { nodes: { id: string }[] }).nodes.map(({ id }) => id).sort(),
      );
    expect(await listed(owner, ['Baseline'])).toEqual([[...evaluationIds].sort(), [], [datasetId], [studyId]]);
    // Studies are their owner's.
    expect(await listed(other, ['Baseline'])).toEqual([[...evaluationIds].sort(), [], [datasetId], []]);
    expect(await listed(other, ['baseline', 'FIGURE-2'])).toEqual([[evaluationIds[0]], [], [], []]);
  });
});

describe('a search', () => {
  it('finds the same whatever tags others have on what is private to them', async () => {
    const annotate = (graphql: GraphQLClient, id: string, tags: readonly string[]) =>
      dataOf(graphql('mutation ($input: AnnotateInput!) { annotate(input: $input) { __typename } }', { input: { id, tags } }));
    const third = await clientOf('third', 'SUBMITTER');
    const theirs = await submitArchitecture(third, 'of-the-third');
    await annotate(third, theirs, ['zz needle_1']);
    for (let i = 0; i < 6; i++) {
      const id = await submitArchitecture(owner, `haystack-${i}`, undefined, 50);
      await annotate(
        owner,
        id,
        Array.from({ length: 20 }, (_, k) => `needle_1 ${i * 20 + k}`),
      );
    }
    expect(await search(third, 'needle_1')).toEqual([['TAG', theirs]]);
    // An underscore is one.
    expect(await search(third, 'needleX1')).toEqual([]);
  });

  it('finds by name, the beginning of a fingerprint, tag and note, in this order, and only what the viewer sees', async () => {
    await annotate(owner, { id: evaluationIds[1]!, note: 'As RESNET_SHARED was before the fix' });
    expect(await search(owner, 'resnet_shared')).toEqual([
      ['NAME', modelId],
      ['NOTE', evaluationIds[1]],
    ]);
    // An underscore stands for itself.
    expect(await search(owner, 'resnet_')).not.toContainEqual(['NAME', privateId]);
    expect(await search(owner, 'RESNET')).toContainEqual(['NAME', privateId]);
    expect(await search(other, 'RESNET')).not.toContainEqual(['NAME', privateId]);
    expect(await search(other, 'gure-2')).toEqual([['TAG', evaluationIds[0]]]);
    expect(await search(owner, 'f1')).toContainEqual(['NAME', studyId]);
    expect(await search(other, '100%')).toEqual([]);
    expect(await search(other, '  ')).toEqual([]);
  });

  it('does not tell whether a listed model has a fingerprint', async () => {
    const { model } = await dataOf(owner('query ($id: ID!) { model(id: $id) { fingerprint } }', { id: modelId }));
    const beginning = model.fingerprint.slice(0, 12).toUpperCase();
    expect(await search(other, beginning)).toEqual([['FINGERPRINT', modelId]]);
    await app.runtime.database.prisma.model.update({ where: { id: rowId(modelId, 'Model')! }, data: { visibility: 'LISTED' } });
    expect(await search(other, beginning)).toEqual([]);
    expect(await search(owner, beginning)).toEqual([['FINGERPRINT', modelId]]);
  });

  it('refuses what is too long, and too many', async () => {
    expect((await other(`{ search(text: "${'x'.repeat(201)}") { field } }`)).errors?.[0]?.message).toMatch(/200 characters/);
    expect((await other('{ search(text: "x", first: 101) { field } }')).errors?.[0]?.message).toMatch(/give 1 to 100/);
  });
});

describe('saved views', () => {
  const save = async (graphql: GraphQLClient, input: { name: string; path: string }) => {
    const query = `mutation ($input: SaveViewInput!) { saveView(input: $input) { __typename
      ... on SaveViewSuccess { view { id name path } } ... on UserError { message path } } }`;
    return (await dataOf(graphql(query, { input }))).saveView;
  };
  const names = async (graphql: GraphQLClient) =>
    (await dataOf(graphql('{ savedViews { name path } }'))).savedViews.map(({ name, path }: { name: string; path: string }) => [
      name,
      path,
    ]);

  it('are a principal’s own, by name, and one of the same name is replaced', async () => {
    await save(other, { name: 'Weak', path: '/evaluations?finding=NOT_CONVERGED' });
    await save(other, { name: 'Robust', path: '/leaderboard' });
    const { view } = await save(other, { name: 'Robust', path: '/leaderboard?norm=LINF#top' });
    expect(await names(other)).toEqual([
      ['Robust', '/leaderboard?norm=LINF'],
      ['Weak', '/evaluations?finding=NOT_CONVERGED'],
    ]);
    expect(await names(owner)).toEqual([]);
    const remove = 'mutation ($id: ID!) { deleteSavedView(input: { savedViewId: $id }) { __typename } }';
    expect((await dataOf(owner(remove, { id: view.id }))).deleteSavedView.__typename).toBe('NotFoundError');
    expect((await dataOf(other(remove, { id: view.id }))).deleteSavedView.__typename).toBe('DeleteSavedViewSuccess');
    expect(await names(other)).toEqual([['Weak', '/evaluations?finding=NOT_CONVERGED']]);
  });

  it.each(['https://elsewhere.org/', '//elsewhere.org/', '/\\elsewhere.org', 'evaluations', `/${'x'.repeat(4001)}`])(
    'lead nowhere but this server: %.40s',
    async (path) => {
      expect(await save(other, { name: 'Away', path })).toMatchObject({ __typename: 'ValidationError', path: ['path'] });
    },
  );

  it('are at most 100', async () => {
    const data = Array.from({ length: 100 }, (_, i) => ({ owner: 'owner', name: `v${i}`, path: '/' }));
    await app.runtime.database.prisma.savedView.createMany({ data });
    expect(await save(owner, { name: 'more', path: '/' })).toMatchObject({ __typename: 'LimitExceededError' });
    expect(await save(owner, { name: 'v7', path: '/models' })).toMatchObject({ __typename: 'SaveViewSuccess' });
  });
});

describe('the labels of a data set', () => {
  it('are read a page at a time', async () => {
    const labels = async (range: string) =>
      (await dataOf(other(`query ($id: ID!) { dataset(id: $id) { labels${range} exampleCount } }`, { id: datasetId }))).dataset;
    const { labels: first, exampleCount } = await labels('(first: 5)');
    // Of the test images of MNIST.
    expect(first).toEqual([7, 2, 1, 0, 4]);
    expect((await labels('(offset: 2, first: 2)')).labels).toEqual([1, 0]);
    expect((await labels(`(offset: ${exampleCount - 1})`)).labels).toHaveLength(1);
    expect((await labels(`(offset: ${exampleCount})`)).labels).toEqual([]);
    const query = 'query ($id: ID!) { dataset(id: $id) { labels(offset: -1) } }';
    expect((await other(query, { id: datasetId })).errors?.[0]?.message).toMatch(/give 0 or more/);
  });
});
