/** Benchmarks over HTTP, with an admin, two submitters and a viewer: who may enter what, who stands where, and what each sees of listed models. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standings, type EntryResult } from '../../src/results/benchmark.js';
import { robustBenchSchema } from '../../src/results/robustbench-info.js';
import { SERVER } from '../../src/services/token/principal.js';
import { rowId } from '../../src/storage/global-id.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient } from './support/client.js';
import { finished, registerMnist, START, startEvaluation, submitArchitecture } from './support/operations.js';
import { sharedCompute } from './support/shared-compute.js';

let app: TestApplication;
let datasetId: string;
let alice: GraphQLClient;
let bob: GraphQLClient;
let viewer: GraphQLClient;
let viewerAuthorization: string;

let cifar10Directory: string;

beforeAll(async () => {
  cifar10Directory = await mkdtemp(join(tmpdir(), 'gauntlet-cifar10-'));
  // Twenty images: a label, and pixels.
  await writeFile(join(cifar10Directory, 'test_batch.bin'), Buffer.alloc(20 * 3073, 3));
  const variables = { GAUNTLET_CIFAR10_DIR: cifar10Directory, GAUNTLET_PUBLIC_READ: 'true' };
  app = await startTestApplication(variables, { openCompute: sharedCompute });
  datasetId = await registerMnist(app.graphql);
  [alice, bob] = [await as('alice'), await as('bob')];
  viewerAuthorization = await app.authorizationOf('carol', 'VIEWER');
  viewer = graphqlClient(app.graphqlUrl, viewerAuthorization);
});
afterAll(async () => {
  await app?.close();
  await rm(cifar10Directory, { recursive: true });
});

const as = async (name: string) => graphqlClient(app.graphqlUrl, await app.authorizationOf(name, 'SUBMITTER'));

const ERROR = '... on UserError { message path }';
const CREATE = `mutation ($input: CreateBenchmarkInput!) { createBenchmark(input: $input) {
  __typename ... on CreateBenchmarkSuccess { benchmark { id name version state } } ${ERROR} } }`;
const ENTER = `mutation ($benchmarkId: ID!, $modelId: ID!) { enterBenchmark(input: { benchmarkId: $benchmarkId, modelId: $modelId }) {
  __typename ... on EnterBenchmarkSuccess { entry { id } job { id } } ${ERROR} } }`;
const UPDATE = `mutation ($input: UpdateModelInput!) { updateModel(input: $input) {
  __typename ... on UpdateModelSuccess { model { id visibility card { paper extraData } } } ${ERROR} } }`;
const BENCHMARK = `query ($id: ID!) { benchmark(id: $id) {
  name version state offset attacks { kind parameters }
  ranking { rank entry { id badgeUrl modelName owner model { id } maskedGradients engine serverVersion evaluations { id }
      clean { value n } robust { value n lower upper } attacks { kind accuracy { value } seconds } findings { code } robustBench }
    same { modelName } robust { value } }
  unranked { entry { modelName } reason } } }`;

const protocol = (name: string, more: object = {}) => ({
  name,
  title: 'MNIST under small changes',
  rules: 'Any network. **No** training on the test set.',
  datasetId,
  norm: 'LINF',
  epsilon: 0.1,
  attacks: [{ fgsm: { epsilon: 0.1 } }, { pgd: { epsilon: 0.1, steps: 3 } }],
  offset: 5,
  sampleCount: 20,
  ...more,
});

async function create(name: string, more: object = {}): Promise<string> {
  const { createBenchmark } = await dataOf(app.graphql(CREATE, { input: protocol(name, more) }));
  expect(createBenchmark).toMatchObject({ __typename: 'CreateBenchmarkSuccess' });
  return createBenchmark.benchmark.id as string;
}

const enter = async (graphql: GraphQLClient, benchmarkId: string, modelId: string) =>
  (await dataOf(graphql(ENTER, { benchmarkId, modelId }))).enterBenchmark;

async function entered(graphql: GraphQLClient, benchmarkId: string, modelId: string): Promise<string> {
  const { job, entry, message } = await enter(graphql, benchmarkId, modelId);
  if (!job) throw new Error(message);
  expect(await finished(graphql, job.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
  return entry.id as string;
}

const read = async (graphql: GraphQLClient, id: string) => (await dataOf(graphql(BENCHMARK, { id }))).benchmark;

describe('a benchmark', () => {
  it('ranks what was entered by official runs of one protocol, a network once, and stays as it was when a model goes', async () => {
    const id = await create('mnist-linf-0.1');
    const listed = await submitArchitecture(alice, 'listed network', undefined, 1, 'LISTED');
    const open = await submitArchitecture(bob, 'open network', undefined, 2, 'PUBLIC');
    const twin = await submitArchitecture(bob, 'twin of the listed one', undefined, 1, 'LISTED');
    const card = {
      paper: 'Explaining and Harnessing',
      authors: 'G. et al.',
      venue: 'ICLR 2015',
      link: 'https://arxiv.org/abs/1412.6572',
      extraData: false,
    };
    expect((await dataOf(alice(UPDATE, { input: { modelId: listed, card } }))).updateModel).toMatchObject({
      model: { visibility: 'LISTED', card: { paper: card.paper, extraData: false } },
    });
    const entry = await entered(alice, id, listed);
    await entered(bob, id, open);
    await entered(bob, id, twin);
    // A model has one entry.
    expect((await enter(alice, id, listed)).entry.id).toBe(entry);

    const { ranking, unranked, attacks } = await read(viewer, id);
    expect(attacks.map(({ kind }: { kind: string }) => kind)).toEqual(['FGSM', 'PGD']);
    expect(unranked).toEqual([]);
    expect(ranking).toHaveLength(2);
    const [own] = ranking.filter(({ entry: one }: { entry: { id: string } }) => one.id === entry);
    expect(own).toMatchObject({
      entry: { modelName: 'listed network', owner: 'alice', maskedGradients: false, clean: { n: 20 } },
      same: [{ modelName: 'twin of the listed one' }],
    });
    // As the worst case of its evaluations has it.
    const worst = `query ($input: WorstCaseInput!) { worstCase(input: $input) { offset clean { value } robust { value } } }`;
    const evaluationIds = own.entry.evaluations.map((one: { id: string }) => one.id);
    expect(evaluationIds).toHaveLength(2);
    const { worstCase } = await dataOf(app.graphql(worst, { input: { modelId: listed, datasetId, evaluationIds } }));
    expect(worstCase).toEqual({ offset: 5, clean: { value: own.entry.clean.value }, robust: { value: own.entry.robust.value } });
    expect(ranking[0].entry.robust.value).toBeGreaterThanOrEqual(ranking[1].entry.robust.value);
    expect(own.entry.robustBench).toMatchObject({
      name: card.paper,
      authors: card.authors,
      venue: card.venue,
      link: card.link,
      additional_data: false,
      dataset: 'mnist',
      eps: '0.1',
      clean_acc: (100 * own.entry.clean.value).toFixed(2),
    });

    // Not even the owner takes an official run back.
    const { job } = (await dataOf(alice(`query ($id: ID!) { node(id: $id) { ... on BenchmarkEntry { job { id } } } }`, { id: entry })))
      .node;
    const cancel = `mutation ($id: ID!) { cancelJob(input: { jobId: $id }) { __typename } }`;
    expect((await dataOf(alice(cancel, { id: job.id }))).cancelJob.__typename).toMatch(/Forbidden|JobFinished/);
    const remove = `mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }`;
    expect((await dataOf(alice(remove, { id: listed }))).deleteModel.__typename).toBe('DeleteModelSuccess');
    const after = await read(viewer, id);
    expect(after.ranking.map(({ rank, robust }: { rank: number; robust: object }) => ({ rank, robust }))).toEqual(
      ranking.map(({ rank, robust }: { rank: number; robust: object }) => ({ rank, robust })),
    );
    const [withdrawn] = after.ranking.filter(({ entry: one }: { entry: { id: string } }) => one.id === entry);
    expect(withdrawn.entry).toMatchObject({ model: null, evaluations: [], modelName: 'listed network' });
  });

  it('takes nothing but models of their owners that others may see, in its time, so many a day', async () => {
    const id = await create('rules', { entriesPerDay: 2 });
    const secret = await submitArchitecture(alice, 'secret', undefined, 11);
    const mine = await submitArchitecture(alice, 'mine', undefined, 12, 'LISTED');
    expect(await enter(alice, id, secret)).toMatchObject({ __typename: 'ValidationError', message: expect.stringMatching(/LISTED/) });
    expect(await enter(bob, id, mine)).toMatchObject({ __typename: 'ForbiddenError' });
    expect(await enter(viewer, id, mine)).toMatchObject({ __typename: 'ForbiddenError' });
    const more = await submitArchitecture(alice, 'more', undefined, 13, 'LISTED');
    const tooMuch = await submitArchitecture(alice, 'too much', undefined, 14, 'LISTED');
    await entered(alice, id, mine);
    await entered(alice, id, more);
    expect(await enter(alice, id, tooMuch)).toMatchObject({
      __typename: 'LimitExceededError',
      message: expect.stringMatching(/2 entries a day/),
    });
    const soon = await create('soon', { opensAt: new Date(Date.now() + 3_600_000) });
    const over = await create('over', { closesAt: new Date(Date.now() - 1000) });
    expect(await enter(alice, soon, mine)).toMatchObject({ message: expect.stringMatching(/opens at/) });
    expect(await enter(alice, over, mine)).toMatchObject({ message: expect.stringMatching(/has been closed since/) });
    expect((await read(viewer, soon)).state).toBe('UPCOMING');
    expect((await read(viewer, over)).state).toBe('CLOSED');
  });

  it('refuses attacks outside its threat model, examples that are not there, and anybody but admins', async () => {
    const refused = async (more: object, graphql = app.graphql) =>
      (await dataOf(graphql(CREATE, { input: protocol('refused', more) }))).createBenchmark;
    expect(await refused({ attacks: [{ fgsm: { epsilon: 0.2 } }] })).toMatchObject({
      __typename: 'ValidationError',
      path: ['attacks', '0', 'fgsm'],
    });
    expect(await refused({ attacks: [{ cwL2: {} }] })).toMatchObject({ __typename: 'ValidationError' });
    expect(await refused({ attacks: [] })).toMatchObject({ path: ['attacks'] });
    expect(await refused({ sampleCount: 1_000_000 })).toMatchObject({ path: ['sampleCount'] });
    expect(await refused({ heldOut: true })).toMatchObject({ path: ['closesAt'] });
    expect(await refused({}, alice)).toMatchObject({ __typename: 'ForbiddenError' });
  });

  it('has versions: entries stay with theirs, and the models are entered again by one mutation', async () => {
    const first = await create('versions');
    const model = await submitArchitecture(alice, 'of two versions', undefined, 21, 'LISTED');
    await entered(alice, first, model);
    expect(await create('versions')).toBe(first);
    const second = await create('versions', { attacks: [{ fgsm: { epsilon: 0.05 } }] });
    expect(await enter(alice, first, model)).toMatchObject({ message: '"versions" has version 2 by now: enter that one.' });
    const again = `mutation ($id: ID!) { enterAgain(input: { benchmarkId: $id }) {
      __typename ... on EnterAgainSuccess { entries { modelName job { id } } } ${ERROR} } }`;
    const { enterAgain } = await dataOf(app.graphql(again, { id: second }));
    expect(enterAgain.entries).toMatchObject([{ modelName: 'of two versions' }]);
    await finished(app.graphql, enterAgain.entries[0].job.id);
    expect((await dataOf(app.graphql(again, { id: second }))).enterAgain.entries).toEqual([]);
    const { benchmark } = await dataOf(viewer(`{ benchmark(name: "versions") { version versions { id version } } }`));
    const versions = [second, first].map((id, i) => ({ id, version: 2 - i }));
    expect(benchmark).toEqual({ version: 2, versions });
    expect((await read(viewer, first)).ranking).toHaveLength(1);
    expect((await read(viewer, second)).ranking).toHaveLength(1);
  });

  it('keeps held-out examples to admins until it closes', async () => {
    const id = await create('held out', { heldOut: true, closesAt: new Date(Date.now() + 3_600_000) });
    const model = await submitArchitecture(alice, 'measured in the dark', undefined, 31, 'LISTED');
    await entered(alice, id, model);
    const count = `query ($id: ID!) { evaluations(filter: { modelIds: [$id] }) { totalCount } }`;
    const seen = async (graphql: GraphQLClient) => (await dataOf(graphql(count, { id: model }))).evaluations.totalCount;
    const hidden = await read(alice, id);
    expect(hidden.offset).toBeNull();
    expect(hidden.ranking[0].entry).toMatchObject({ evaluations: [], robust: { n: 20 } });
    expect(await seen(alice)).toBe(0);
    expect(await seen(app.graphql)).toBe(2);
    await app.runtime.database.prisma.benchmark.update({ where: { id: rowId(id, 'Benchmark') }, data: { closesAt: new Date() } });
    const shown = await read(alice, id);
    expect(shown.offset).toBe(5);
    expect(shown.ranking[0].entry.evaluations).toHaveLength(2);
    expect(await seen(alice)).toBe(2);
  });
});

describe('a badge', () => {
  it('shows the rank of an entry to whoever sees the benchmark, without a token where results are public', async () => {
    const id = await create('badges', { attacks: [{ fgsm: { epsilon: 0.02 } }] });
    const model = await submitArchitecture(alice, 'with a badge', undefined, 51, 'LISTED');
    await entered(alice, id, model);
    const { entry } = (await read(viewer, id)).ranking[0];
    const origin = app.graphqlUrl.replace('/graphql', '');
    const response = await fetch(`${origin}${entry.badgeUrl}`);
    expect(response.headers.get('content-type')).toMatch(/^image\/svg\+xml/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const svg = await response.text();
    expect(svg).toContain('badges: rank 1 of 1');
    expect(svg).toContain(`${(100 * entry.robust.value).toFixed(1)} % robust`);
    expect(response.headers.get('etag')).toBeTruthy();
    const own = await fetch(`${origin}${entry.badgeUrl}`, { headers: { authorization: viewerAuthorization } });
    expect(own.headers.get('cache-control')).toBe('private, max-age=300');
    await app.runtime.database.prisma.benchmark.update({ where: { id: rowId(id, 'Benchmark') }, data: { visibility: 'PRIVATE' } });
    expect((await fetch(`${origin}${entry.badgeUrl}`)).status).toBe(404);
  });
});

describe('results of RobustBench', () => {
  const FOLDER = 'tests/fixtures/robustbench';
  const IMPORT = `mutation ($input: ImportRobustBenchInput!) { importRobustBench(input: $input) {
    __typename ... on ImportRobustBenchSuccess { entries { key } } ${ERROR} } }`;
  const CLAIMED = `query ($id: ID!) { benchmark(id: $id) { ranking { rank } claimed {
    key paper epsilon clean autoAttack robust extraData unreliable owner } } }`;
  let benchmarkId: string;
  let files: { readonly key: string; readonly info: Record<string, unknown> }[];

  beforeAll(async () => {
    const register = `mutation { registerDataset(input: { name: "cifar10-test", format: "cifar10" }) {
      ... on RegisterDatasetSuccess { dataset { id } } ${ERROR} } }`;
    const { registerDataset } = await dataOf(app.graphql(register));
    const attacks = [{ fgsm: { epsilon: '8/255' } }];
    benchmarkId = await create('cifar10-linf-8/255', { datasetId: registerDataset.dataset.id, epsilon: '8/255', attacks, offset: 0 });
    const names = (await readdir(FOLDER)).sort();
    files = await Promise.all(
      names.map(async (name) => ({
        key: name.replace('.json', ''),
        info: JSON.parse(await readFile(join(FOLDER, name), 'utf8')) as Record<string, unknown>,
      })),
    );
  });

  const imported = async (entries: object[], graphql = app.graphql) =>
    (await dataOf(graphql(IMPORT, { input: { benchmarkId, entries } }))).importRobustBench;

  it('are read as they are published, the best known accuracy counts, and they have no rank', async () => {
    expect(files.length).toBeGreaterThanOrEqual(6);
    expect((await imported(files)).entries).toHaveLength(files.length);
    const { claimed, ranking } = (await dataOf(viewer(CLAIMED, { id: benchmarkId }))).benchmark;
    expect(ranking).toEqual([]);
    expect(claimed.map(({ robust }: { robust: number }) => robust)).toEqual(
      claimed.map(({ robust }: { robust: number }) => robust).sort((a: number, b: number) => b - a),
    );
    const of = (wanted: string) => claimed.find(({ key }: { key: string }) => key === wanted);
    expect(of('Rice2020Overfitting')).toMatchObject({ clean: 0.8534, autoAttack: 0.5342, robust: 0.5342, extraData: false });
    // An attack that was made for it found more than AutoAttack.
    expect(of('Kang2021Stable')).toMatchObject({ autoAttack: 0.7128, robust: 0.642, unreliable: true });
    expect(of('Atzmon2019Controlling').epsilon).toBe(0.031);
    // What is imported replaces what was.
    await imported(files.slice(0, 1));
    expect((await dataOf(viewer(CLAIMED, { id: benchmarkId }))).benchmark.claimed).toHaveLength(1);
    await imported([]);
    expect((await dataOf(viewer(CLAIMED, { id: benchmarkId }))).benchmark.claimed).toEqual([]);
  });

  it('are refused with file and field where they are no such files, or of other data or budgets', async () => {
    const [{ key, info }] = files as [(typeof files)[0]];
    const refused = async (change: object) => (await imported([{ key, info: { ...info, ...change } }])).message as string;
    expect(await refused({ dataset: 'imagenet' })).toBe(`${key} is of imagenet; the benchmark is on cifar10.`);
    expect(await refused({ eps: '4/255' })).toMatch(/the benchmark has 0.03137/);
    expect(await refused({ autoattack_acc: '153' })).toMatch(/autoattack_acc is a percentage/);
    expect(await refused({ eps: 'large' })).toMatch(/eps/);
    expect(await refused({ link: 'javascript:alert(1)' })).toMatch(/link is no address/);
    expect(await refused({ clean_acc: undefined })).toMatch(/clean_acc/);
    expect(await refused({ threat_model: 'L2' })).toMatch(/the benchmark has Linf/);
    expect(await imported([files[0]!, files[0]!])).toMatchObject({ path: ['entries', '1', 'key'] });
    expect(await imported(files, alice)).toMatchObject({ __typename: 'ForbiddenError' });
  });

  it('have the form of what this server writes of its own entries', async () => {
    const id = await create('robustbench form');
    await entered(alice, id, await submitArchitecture(alice, 'for robustbench', undefined, 61, 'LISTED'));
    const { robustBench } = (await read(viewer, id)).ranking[0].entry;
    // Of attacks that are not AutoAttack, there is nothing for `autoattack_acc`.
    const { data, error } = robustBenchSchema.safeParse({ ...robustBench, autoattack_acc: robustBench.clean_acc });
    expect(error).toBeUndefined();
    expect(data).toMatchObject({ eps: 0.1, number_forward_passes: 1 });
  });
});

it('models that came with the server are entered on the data that they are for, once', async () => {
  const folder = (name: string) => app.services.models.submitFolder(SERVER, { name, visibility: 'PUBLIC' }, `assets/models/${name}`);
  await folder('mnist-baseline');
  await folder('cifar10-resnet-20');
  const benchmarkId = await create('shipped models');
  const mutation = `mutation ($input: EnterShippedInput!) { enterShipped(input: $input) {
    __typename ... on EnterShippedSuccess { entries { modelName owner job { id } } } ${ERROR} } }`;
  const enterShipped = async () => (await dataOf(app.graphql(mutation, { input: { benchmarkId } }))).enterShipped;
  const { entries } = await enterShipped();
  expect(entries).toMatchObject([{ modelName: 'mnist-baseline', owner: 'server' }]);
  await finished(app.graphql, entries[0].job.id);
  expect((await enterShipped()).entries).toEqual([]);
  const { ranking } = await read(viewer, benchmarkId);
  expect(ranking).toMatchObject([{ entry: { modelName: 'mnist-baseline', clean: { n: 20 } } }]);
  expect(ranking[0].entry.clean.value).toBeGreaterThan(0.8);
});

describe('a listed model', () => {
  it('shows its results to everyone, and its files, fingerprint and images to its owner alone', async () => {
    const modelId = await submitArchitecture(alice, 'listed', undefined, 41, 'LISTED');
    const request = { modelId, datasetId, attacks: [{ fgsm: { epsilon: 0.1 } }], sampleCount: 4, keepImages: true };
    const { jobIds, evaluationIds } = await startEvaluation(alice, request);
    await finished(alice, jobIds[0]!);
    const query = `query ($id: ID!, $evaluation: ID!) { model(id: $id) { name fingerprint downloadUrl onnxUrl }
      evaluation(id: $evaluation) { adversarial { top1 { n } } examples(first: 1) { nodes { adversarialImageUrl } } } }`;
    const own = await dataOf(alice(query, { id: modelId, evaluation: evaluationIds[0] }));
    expect(own.model.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const others = await dataOf(viewer(query, { id: modelId, evaluation: evaluationIds[0] }));
    expect(others.model).toEqual({ name: 'listed', fingerprint: null, downloadUrl: null, onnxUrl: null });
    expect(others.evaluation.adversarial.top1.n).toBe(4);
    const origin = app.graphqlUrl.replace('/graphql', '');
    const get = (path: string) => fetch(`${origin}${path}`, { headers: { authorization: viewerAuthorization } });
    for (const path of [own.model.downloadUrl, own.model.onnxUrl, own.evaluation.examples.nodes[0].adversarialImageUrl]) {
      expect((await get(path as string)).status).toBe(404);
    }
    expect(await (await get('/evaluations.csv')).text()).not.toContain(own.model.fingerprint);
    // Nobody else has it computed: answers and gradients would give it away.
    const { startEvaluation: refused } = await dataOf(bob(START, { input: { ...request, seed: 1 } }));
    expect(refused).toMatchObject({ __typename: 'ForbiddenError', message: expect.stringMatching(/is listed/) });
  });
});

it('networks with masked gradients are ranked after all others', () => {
  const result = (robust: number, maskedGradients: boolean) => ({ n: 100, clean: 99, robust, maskedGradients }) as EntryResult;
  const entries = [
    { id: 'a', fingerprint: '1', result: result(90, true) },
    { id: 'b', fingerprint: '2', result: result(40, false) },
    { id: 'c', fingerprint: '3', result: result(60, false) },
    { id: 'd', fingerprint: '2', result: result(40, false) },
  ];
  expect(standings(entries).map(({ rank, entry, same }) => [rank, entry.id, same.map(({ id }) => id)])).toEqual([
    [1, 'c', []],
    [2, 'b', ['d']],
    [3, 'a', []],
  ]);
});
