/** Answers of statistics queries are kept, and nobody can tell but by the time that they take. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import { LOCAL } from '../../src/services/token/principal.js';
import { StatisticsCache } from '../../src/services/statistics/cache.js';
import type { Visibility } from '../../src/storage/generated/client.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient } from './support/client.js';
import { withNearCopy } from './support/near-copy.js';
import { finished, registerMnist } from './support/operations.js';
import { Statements } from './support/statements.js';

const FEW = 10;
const MORE = 12;
const fgsm = { fgsm: { epsilon: 0.1 } };
const statements = new Statements();
let app: TestApplication;
let datasetId: string;
/** Ids of models: two that everyone sees, one of `owner`, and one of `owner` that was never attacked. */
let models: Record<'first' | 'second' | 'hidden' | 'judge', string>;
let owner: GraphQLClient;
let other: GraphQLClient;

const submit = (name: string, visibility: Visibility, folder = 'mnist-baseline') =>
  submitDirectory(name, visibility, join(loadConfig({}).assetsDirectory, 'models', folder));

async function submitDirectory(name: string, visibility: Visibility, directory: string): Promise<string> {
  const { id } = await app.services.models.submitFolder({ name: 'owner', role: 'ADMIN' }, { name, visibility }, directory);
  const prisma = app.services.prisma;
  const job = await prisma.job.create({ data: { owner: 'owner', kind: 'training', state: 'SUCCEEDED', total: 1, unit: 'steps' } });
  const dataset = rowId(datasetId, 'Dataset')!;
  const plan = { scheme: { name: 'standard', parameters: {}, attacks: [] } };
  const run = { modelId: id, jobId: job.id, datasetId: dataset, validationDatasetId: dataset, plan, interval: 1, checkpointsKept: 1 };
  await prisma.trainingRun.create({ data: { ...run, architecture: { architecture: 'mnist-cnn', seed: 1 } } });
  return encodeGlobalId('Model', id);
}

/** Evaluates some models on adversarial images of others. */
async function transfer(sourceIds: string[], targetIds: string[], sampleCount: number): Promise<void> {
  const query = 'mutation ($input: StartTransferInput!) { startTransfer(input: $input) { ... on StartTransferSuccess { job { id } } } }';
  const { startTransfer } = await dataOf(app.graphql(query, { input: { sourceIds, targetIds, datasetId, attacks: [fgsm], sampleCount } }));
  expect(await finished(app.graphql, startTransfer.job.id)).toMatchObject({ error: null });
}

/** Attacks three models, and evaluates all on the images of the first. */
async function measure(sampleCount: number): Promise<void> {
  const { first, second, hidden, judge } = models;
  await transfer([first], [first, second, hidden, judge], sampleCount);
  await transfer([second, hidden], [first], sampleCount);
}

const setVisibility = (id: string, visibility: Visibility) =>
  app.services.prisma.model.update({ where: { id: rowId(id, 'Model') }, data: { visibility } });

beforeAll(async () => {
  app = await startTestApplication({}, { onQuery: statements.onQuery });
  datasetId = await registerMnist(app.graphql);
  owner = graphqlClient(app.graphqlUrl, await app.authorizationOf('owner', 'VIEWER'));
  other = graphqlClient(app.graphqlUrl, await app.authorizationOf('other', 'VIEWER'));
  models = {
    first: await submit('first', 'PUBLIC'),
    second: await submit('second', 'PUBLIC', 'mnist-adversarial'),
    // Of other weights: a leaderboard has one entry for equal ones.
    hidden: await withNearCopy('mnist-baseline', (directory) => submitDirectory('hidden', 'PRIVATE', directory)),
    judge: await submit('judge', 'PRIVATE'),
  };
  await measure(FEW);
});
afterAll(() => app?.close());

type View = [examples: number | null, models: number] | 'refused';

const asking =
  (name: string, type: string, fields: string, input: () => object, view: (answer: never) => View) =>
  async (client: GraphQLClient): Promise<View> => {
    const { data, errors } = await client(`query ($input: ${type}!) { ${name}(input: $input) { ${fields} } }`, {
      input: { datasetId, ...input() },
    });
    return errors ? 'refused' : view((data as Record<string, never>)[name]!);
  };

type Board = { sampleCount: number; entries: { totalCount: number } };
const threat = () => ({ norm: 'LINF', epsilon: 0.1 });
const attack = () => ({ attackKind: 'FGSM', epsilon: 0.1 });

/** Of all models that the client sees: number of examples and of models in the answer. */
const overAll: Record<string, (client: GraphQLClient) => Promise<View>> = {
  leaderboard: asking(
    'leaderboard',
    'LeaderboardInput',
    'sampleCount entries { totalCount }',
    threat,
    ({ sampleCount, entries }: Board): View => [sampleCount, entries.totalCount],
  ),
  accuracyVersusRobustness: asking(
    'accuracyVersusRobustness',
    'LeaderboardInput',
    'pearson { n } leaderboard { sampleCount }',
    threat,
    ({ pearson, leaderboard }: { pearson: { n: number }; leaderboard: Board }): View => [leaderboard.sampleCount, pearson.n],
  ),
  labelLeaking: asking(
    'labelLeaking',
    'LabelLeakingInput',
    'totalCount nodes { model { id } evaluation { sampleCount } }',
    () => ({}),
    ({ totalCount, nodes }: { totalCount: number; nodes: { evaluation: { sampleCount: number } }[] }): View => [
      nodes[0]!.evaluation.sampleCount,
      totalCount,
    ],
  ),
  capacityCurve: asking(
    'capacityCurve',
    'CapacityCurveInput',
    'sampleCount curves { points { width } }',
    attack,
    ({ sampleCount, curves }: { sampleCount: number; curves: { points: [] }[] }): View => [
      sampleCount,
      curves.flatMap(({ points }) => points).length,
    ],
  ),
  transferMatrix: asking(
    'transferMatrix',
    'TransferMatrixInput',
    'sources { id } cells { n }',
    () => ({ targetIds: [models.first] }),
    ({ sources, cells }: { sources: []; cells: { n: number }[] }): View => [Math.min(...cells.map(({ n }) => n)), sources.length],
  ),
};

/** Of a public model, and of one that only its owner sees. */
const overNamed: Record<string, (client: GraphQLClient) => Promise<View>> = {
  robustnessCurve: asking(
    'robustnessCurve',
    'RobustnessCurveInput',
    'curves { model { id } sampleCount }',
    () => ({ modelIds: [models.second, models.hidden], attackKind: 'FGSM' }),
    ({ curves }: { curves: { sampleCount: number }[] }): View => [curves[1]!.sampleCount, curves.length],
  ),
  compareModels: asking(
    'compareModels',
    'CompareModelsInput',
    'sampleCount pairs { first { id } second { id } }',
    () => ({ modelIds: [models.second, models.hidden], ...attack() }),
    ({ sampleCount, pairs }: { sampleCount: number; pairs: [] }): View => [sampleCount, 2 * pairs.length],
  ),
};

/** What each query answers. @param all number of models, where the query is about all. @param named about two of them. */
const answers = (all: View, named: View) => ({
  ...Object.fromEntries(Object.keys(overAll).map((name) => [name, all])),
  ...Object.fromEntries(Object.keys(overNamed).map((name) => [name, named])),
});

/** Twice: an answer that is kept is the same. */
async function asked(client: GraphQLClient): Promise<Record<string, View>> {
  const once = async () => {
    const views: Record<string, View> = {};
    for (const [name, ask] of Object.entries({ ...overAll, ...overNamed })) views[name] = await ask(client);
    return views;
  };
  const views = await once();
  expect(await once()).toEqual(views);
  return views;
}

const targetsOf = (source: 'first' | 'second') =>
  asking(
    'transferMatrix',
    'TransferMatrixInput',
    'cells { n }',
    () => ({ sourceIds: [models[source]] }),
    ({ cells }: { cells: { n: number }[] }): View => [cells[0]!.n, cells.length],
  );

describe('cached statistics', () => {
  it('are returned again without being computed', async () => {
    await asked(app.graphql);
    const [, sent] = await statements.during(() => asked(app.graphql));
    expect(sent.filter((sql) => /bit_count|string_agg|configurationCount|"TransferResult"/.test(sql))).toEqual([]);
  });

  it('contain only models that the viewer can see', async () => {
    expect(await asked(app.graphql)).toEqual(answers([FEW, 3], [FEW, 2]));
    expect(await asked(other)).toEqual(answers([FEW, 2], 'refused'));
    expect(await asked(owner)).toEqual(answers([FEW, 3], [FEW, 2]));
    expect([await targetsOf('first')(owner), await targetsOf('first')(other)]).toEqual([
      [FEW, 4],
      [FEW, 2],
    ]);
  });

  it('are dropped when the visibility of a model changes', async () => {
    for (const [visibility, seen] of [
      ['PUBLIC', answers([FEW, 3], [FEW, 2])],
      ['PRIVATE', answers([FEW, 2], 'refused')],
    ] as const) {
      await setVisibility(models.hidden, visibility);
      expect(await asked(other)).toEqual(seen);
    }
  });

  it('are dropped when the visibility of a target of a transfer changes', async () => {
    expect(await targetsOf('first')(other)).toEqual([FEW, 2]);
    await setVisibility(models.judge, 'PUBLIC');
    expect(await targetsOf('first')(other)).toEqual([FEW, 3]);
    await setVisibility(models.judge, 'PRIVATE');
    expect(await targetsOf('first')(other)).toEqual([FEW, 2]);
  });

  it('are dropped when a transfer evaluates images of an earlier evaluation', async () => {
    expect(await targetsOf('second')(other)).toEqual([FEW, 1]);
    await transfer([models.second], [models.second], FEW);
    expect(await targetsOf('second')(other)).toEqual([FEW, 2]);
  });

  it('are dropped when a result is stored', async () => {
    await asked(app.graphql);
    await measure(MORE);
    expect(await asked(app.graphql)).toEqual(answers([MORE, 3], [MORE, 2]));
    expect(await asked(other)).toEqual(answers([MORE, 2], 'refused'));
  });

  it('are dropped when a model is deleted', async () => {
    const remove = (id: string) => dataOf(app.graphql(`mutation { deleteModel(input: { modelId: "${id}" }) { __typename } }`));
    expect(await targetsOf('first')(app.graphql)).toEqual([MORE, 4]);
    await remove(models.judge);
    expect(await targetsOf('first')(app.graphql)).toEqual([MORE, 3]);
    await remove(models.hidden);
    expect(await asked(app.graphql)).toEqual(answers([MORE, 2], 'refused'));
  });
});

describe('StatisticsCache', () => {
  const request = { attackKinds: ['FGSM'] };
  const reader = (cache: StatisticsCache) => {
    let computed = 0;
    const read = (revision: number) =>
      cache.read('query', LOCAL, { id: 'dataset', revision }, request, ({ datasetId: id }) =>
        Promise.resolve({ id, computed: ++computed }),
      );
    return read;
  };

  it('computes once per revision for concurrent callers', async () => {
    const read = reader(new StatisticsCache(1000));
    expect(await Promise.all([read(1), read(1), read(2)])).toEqual([1, 1, 2].map((computed) => ({ id: 'dataset', computed })));
  });

  it('keeps at most its limit of bytes, and nothing if that is 0', async () => {
    const read = reader(new StatisticsCache(250));
    for (const revision of [1, 2, 3, 4, 5, 6]) await read(revision);
    expect((await read(6)).computed).toBe(6);
    expect((await read(1)).computed).toBe(7);
    const nothing = reader(new StatisticsCache(0));
    expect([(await nothing(1)).computed, (await nothing(1)).computed]).toEqual([1, 2]);
  });

  it('does not keep a failure', async () => {
    const cache = new StatisticsCache(1000);
    const ask = (answer: () => Promise<object>) => cache.read('query', LOCAL, { id: 'dataset', revision: 1 }, request, answer);
    await expect(ask(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    expect(await ask(() => Promise.resolve({ found: true }))).toEqual({ found: true });
  });
});
