import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { encodeGlobalId, rowId } from '../../src/storage/global-id.js';
import type { Visibility } from '../../src/storage/generated/client.js';
import { startTestApplication, type TestApplication } from './support/application.js';
import { dataOf, graphqlClient, type GraphQLClient } from './support/client.js';
import { withNearCopy } from './support/near-copy.js';
import { finished, registerMnist, startEvaluation } from './support/operations.js';
import { Statements } from './support/statements.js';

const COUNT = 60;
const statements = new Statements();
let app: TestApplication;
let datasetId: string;
/** Ids of models: two that everyone sees, and one of `owner`, whose weights are nearly those of the second. */
let models: Record<'baseline' | 'adversarial' | 'hidden', string>;
/** Examples of every evaluation, by model, attack and ε. */
let examplesOf: (model: keyof typeof models, attack: string, epsilon: number) => ExampleView[];
let other: GraphQLClient;

interface ExampleView {
  readonly label: number;
  readonly clean: { label: number };
  readonly adversarial: { label: number };
}

const wasRight = ({ label, clean }: ExampleView) => clean.label === label;
const staysRight = ({ label, adversarial }: ExampleView) => adversarial.label === label;
const share = (examples: readonly ExampleView[], holds: (example: ExampleView) => boolean) =>
  examples.filter(holds).length / examples.length;

async function submit(name: string, folder: string, owner: string, visibility: Visibility): Promise<string> {
  return submitDirectory(name, join(loadConfig({}).assetsDirectory, 'models', folder), owner, visibility);
}

/** Another network that does the same. */
const submitNearCopy = (name: string, folder: string, owner: string, visibility: Visibility) =>
  withNearCopy(folder, (directory) => submitDirectory(name, directory, owner, visibility));

async function submitDirectory(name: string, directory: string, owner: string, visibility: Visibility): Promise<string> {
  const { id } = await app.services.models.submitFolder({ name: owner, role: 'ADMIN' }, { name, visibility }, directory);
  return encodeGlobalId('Model', id);
}

async function evaluate(modelIds: string[], attacks: object[], sampleCount = COUNT): Promise<void> {
  const { jobIds } = await startEvaluation(app.graphql, { modelIds, datasetId, attacks, sampleCount });
  for (const jobId of jobIds) expect(await finished(app.graphql, jobId)).toMatchObject({ error: null });
}

beforeAll(async () => {
  app = await startTestApplication({}, { onQuery: statements.onQuery });
  datasetId = await registerMnist(app.graphql);
  other = graphqlClient(app.graphqlUrl, await app.authorizationOf('other', 'VIEWER'));
  models = {
    baseline: await submit('baseline', 'mnist-baseline', 'someone', 'PUBLIC'),
    adversarial: await submit('adversarial', 'mnist-adversarial', 'someone', 'PUBLIC'),
    hidden: await submitNearCopy('hidden', 'mnist-adversarial', 'owner', 'PRIVATE'),
  };
  const attacks = [0.1, 0.2].flatMap((epsilon) => [{ fgsm: { epsilon } }, { iterBasic: { epsilon, steps: 4 } }]);
  await evaluate(Object.values(models), attacks);
  await evaluate([models.baseline], [{ fgsm: { epsilon: 0.1 } }], 20);
  const query = `{ evaluations(first: 20) { nodes { sampleCount model { id } attack { kind epsilon }
    examples(first: 100) { nodes { label clean { label } adversarial { label } } } } } }`;
  const { nodes } = (await dataOf(app.graphql(query))).evaluations;
  const key = (model: string, kind: string, epsilon: number) => `${model} ${kind} ${epsilon}`;
  const known = new Map<string, ExampleView[]>(
    nodes
      .filter(({ sampleCount }: { sampleCount: number }) => sampleCount === COUNT)
      .map(({ model, attack, examples }: { model: { id: string }; attack: { kind: string; epsilon: number }; examples: { nodes: [] } }) => [
        key(model.id, attack.kind, attack.epsilon),
        examples.nodes,
      ]),
  );
  examplesOf = (model, attack, epsilon) => known.get(key(models[model], attack, epsilon))!;
});
afterAll(() => app?.close());

/** Answers one query with an input of the type of its name. */
const asking =
  (name: string, type: string, fields: string) =>
  async (input: object, graphql = app.graphql) =>
    (await dataOf(graphql(`query ($input: ${type}!) { ${name}(input: $input) { ${fields} } }`, { input: { datasetId, ...input } })))[name];

const robustnessCurve = asking(
  'robustnessCurve',
  'RobustnessCurveInput',
  `attackKind curves { model { id } offset sampleCount parameters configurationCount
    points { epsilon top1 { value lower upper n } top5 { value } evaluation { id } } }`,
);
const ENTRIES = `offset sampleCount attacks { kind parameters } excludedCount excluded { model { id } reason missing { kind parameters } }
    entries { totalCount nodes { model { id } twins { id } rank tiedFrom tiedTo clean { value } robust { value lower upper n } bestKnown { value } maskedGradients
    attackKinds evaluationCount transferCount evaluations { id } findings { code } } }`;
const leaderboard = asking('leaderboard', 'LeaderboardInput', ENTRIES);
const compareModels = asking(
  'compareModels',
  'CompareModelsInput',
  `offset sampleCount parameters models { model { id } accuracy { value n } evaluation { id } }
    pairs { first { id } second { id } both onlyFirst onlySecond difference { value lower upper } pValue adjustedPValue }`,
);
const labelLeaking = asking(
  'labelLeaking',
  'LabelLeakingInput',
  `totalCount nodes { model { id } evaluation { attack { kind epsilon } sampleCount } scheme trainingAttacks clean { value } adversarial { value }
    gained lost difference { value } pValue adjustedPValue }`,
);
const accuracyVersusRobustness = asking(
  'accuracyVersusRobustness',
  'LeaderboardInput',
  'pearson { value lower upper n } spearman { value n } leaderboard { entries { totalCount } }',
);
const capacityCurve = asking(
  'capacityCurve',
  'CapacityCurveInput',
  `offset sampleCount parameters curves { architecture scheme points { width model { id } evaluation { id } clean { value } adversarial { value }
    ratio { value lower upper n } } }`,
);

const THREAT = { norm: 'LINF', epsilon: 0.1 };
/** Right on the clean image and under both attacks. */
const worstCase = (model: keyof typeof models, epsilon: number) => {
  const [fgsm, iterative] = ['FGSM', 'ITER_BASIC'].map((kind) => examplesOf(model, kind, epsilon)) as [ExampleView[], ExampleView[]];
  return fgsm.filter((example, i) => wasRight(example) && staysRight(example) && staysRight(iterative[i]!)).length / COUNT;
};

describe('robustnessCurve', () => {
  it('has the accuracy for each ε, starting with clean images, on the largest range of examples', async () => {
    const { attackKind, curves } = await robustnessCurve({ modelIds: [models.adversarial, models.baseline], attackKind: 'FGSM' });
    expect(attackKind).toBe('FGSM');
    for (const [i, model] of (['adversarial', 'baseline'] as const).entries()) {
      const [weak, strong] = [examplesOf(model, 'FGSM', 0.1), examplesOf(model, 'FGSM', 0.2)];
      expect(curves[i]).toMatchObject({
        model: { id: models[model] },
        offset: 0,
        sampleCount: COUNT,
        parameters: { label: 'TRUE' },
        // 20 examples are another range.
        configurationCount: model === 'baseline' ? 2 : 1,
        points: [
          { epsilon: 0, top1: { value: share(weak, wasRight), n: COUNT } },
          { epsilon: 0.1, top1: { value: share(weak, staysRight) } },
          { epsilon: 0.2, top1: { value: share(strong, staysRight) } },
        ],
      });
    }
    expect(curves[1].points[2].top1.value).toBeLessThan(curves[0].points[2].top1.value);
  });

  it('uses the requested range and parameters', async () => {
    const ask = async (input: object) => (await robustnessCurve({ modelIds: [models.baseline], attackKind: 'FGSM', ...input })).curves[0];
    const first = share(examplesOf('baseline', 'FGSM', 0.1).slice(0, 20), staysRight);
    expect(await ask({ sampleCount: 20 })).toMatchObject({ sampleCount: 20, points: [{ epsilon: 0 }, { top1: { value: first, n: 20 } }] });
    expect((await ask({ parameters: { label: 'TRUE' } })).points).toHaveLength(3);
    expect(await ask({ parameters: { label: 'PREDICTED' } })).toMatchObject({ sampleCount: null, configurationCount: 0, points: [] });
    expect((await ask({ attackKind: 'PGD' })).points).toEqual([]);
  });
});

describe('robustnessCurve of a list of attacks', () => {
  it('has a point for each ε of its attacks', async () => {
    const id = await submit('listed', 'mnist-baseline', 'someone', 'PRIVATE');
    const lists = [0.1, 0.2].map((epsilon) => ({ worstOf: { attacks: [{ fgsm: { epsilon } }, { iterBasic: { epsilon, steps: 2 } }] } }));
    await evaluate([id], lists, 20);
    const { curves } = await robustnessCurve({ modelIds: [id], attackKind: 'WORST_OF' });
    expect(curves).toMatchObject([{ configurationCount: 1, points: [{ epsilon: 0 }, { epsilon: 0.1 }, { epsilon: 0.2 }] }]);
    await dataOf(app.graphql('mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }', { id }));
  });
});

describe('leaderboard', () => {
  it('ranks models by the minimum over attacks for each example', async () => {
    for (const epsilon of [0.1, 0.2]) {
      const { offset, sampleCount, entries } = await leaderboard({ ...THREAT, epsilon });
      expect([offset, sampleCount, entries.totalCount]).toEqual([0, COUNT, 3]);
      for (const [model, id] of Object.entries(models) as [keyof typeof models, string][]) {
        const entry = entries.nodes.find((one: { model: { id: string } }) => one.model.id === id);
        expect(entry).toMatchObject({
          clean: { value: share(examplesOf(model, 'FGSM', epsilon), wasRight) },
          robust: { value: worstCase(model, epsilon), n: COUNT },
          evaluationCount: 2,
        });
        expect(entry.attackKinds.sort()).toEqual(['FGSM', 'ITER_BASIC']);
        const { worstCase: single } = await dataOf(
          app.graphql('query ($input: WorstCaseInput!) { worstCase(input: $input) { robust { value } } }', {
            input: { modelId: id, datasetId, sampleCount: COUNT, evaluationIds: await evaluationIds(id, epsilon) },
          }),
        );
        expect(entry.robust.value).toBe(single.robust.value);
      }
    }
  });

  it('marks ties: two near copies share a rank, and the weak network does not', async () => {
    const { nodes } = (await leaderboard({ ...THREAT, epsilon: 0.2 })).entries;
    expect(nodes.map(({ rank, tiedFrom, tiedTo }: Record<string, number>) => [rank, tiedFrom, tiedTo])).toEqual([
      [1, 1, 2],
      [1, 1, 2],
      [3, 3, 3],
    ]);
    expect(nodes[2].model.id).toBe(models.baseline);
    expect(nodes[2].robust.upper).toBeLessThan(nodes[0].robust.lower);
  });

  it('considers only the chosen attacks, and models that were evaluated with all of them', async () => {
    const only = await leaderboard({ ...THREAT, attackKinds: ['FGSM'] });
    const baseline = only.entries.nodes.find((one: { model: { id: string } }) => one.model.id === models.baseline);
    const right = examplesOf('baseline', 'FGSM', 0.1).filter((example) => wasRight(example) && staysRight(example)).length;
    expect(baseline).toMatchObject({ robust: { value: right / COUNT }, attackKinds: ['FGSM'], evaluationCount: 1 });
    const unmatched = await leaderboard({ ...THREAT, attackKinds: ['FGSM', 'PGD'] });
    expect(unmatched).toMatchObject({ entries: { totalCount: 0 }, excludedCount: 3 });
    for (const { reason, missing } of unmatched.excluded) {
      expect([reason, missing]).toEqual(['ATTACKS_MISSING', [{ kind: 'PGD', parameters: null }]]);
    }
    expect(await leaderboard({ ...THREAT, sampleCount: 20 })).toMatchObject({ sampleCount: 20, entries: { totalCount: 1 } });
    expect(await leaderboard({ ...THREAT, norm: 'L2' })).toMatchObject({ offset: null, sampleCount: null, entries: { totalCount: 0 } });
  });

  it('lists apart, with what is missing, a network that was attacked by FGSM alone, and would stand highest', async () => {
    const weak = await submitNearCopy('FGSM alone', 'mnist-baseline', 'someone', 'PRIVATE');
    try {
      await evaluate([weak], [{ fgsm: { epsilon: 0.2 } }]);
      const board = await leaderboard({ ...THREAT, epsilon: 0.2 });
      const parameters = expect.objectContaining({ steps: 4, epsilon: 0.2 }) as unknown;
      expect(board.attacks).toMatchObject([{ kind: 'FGSM' }, { kind: 'ITER_BASIC', parameters }]);
      expect(board.excluded).toEqual([{ model: { id: weak }, reason: 'ATTACKS_MISSING', missing: [{ kind: 'ITER_BASIC', parameters }] }]);
      expect(board.entries.nodes.map(({ model }: { model: { id: string } }) => model.id)).not.toContain(weak);
      // Other steps are another attack.
      await evaluate([weak], [{ iterBasic: { epsilon: 0.2, steps: 1 } }]);
      expect((await leaderboard({ ...THREAT, epsilon: 0.2 })).excluded).toMatchObject([{ model: { id: weak } }]);
      await evaluate([weak], [{ iterBasic: { epsilon: 0.2, steps: 4 } }]);
      const { entries, excluded } = await leaderboard({ ...THREAT, epsilon: 0.2 });
      expect(excluded).toEqual([]);
      const [baseline, same] = [models.baseline, weak].map((id) =>
        entries.nodes.find(({ model }: { model: { id: string } }) => model.id === id),
      );
      expect([same.rank, same.robust]).toEqual([baseline.rank, baseline.robust]);
    } finally {
      await dataOf(app.graphql('mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }', { id: weak }));
    }
  });

  it('has one entry for equal weights, which names those that the viewer sees, and to which the results of each count', async () => {
    const twin = await submit('twin', 'mnist-adversarial', 'owner', 'PRIVATE');
    const entryOf = async (graphql?: GraphQLClient) => {
      const { entries } = await leaderboard({ ...THREAT, epsilon: 0.2 }, graphql);
      return entries.nodes.filter(({ model }: { model: { id: string } }) => [models.adversarial, twin].includes(model.id));
    };
    try {
      const before = await entryOf();
      expect(before).toMatchObject([{ model: { id: models.adversarial }, twins: [{ id: twin }], evaluationCount: 2 }]);
      expect(await entryOf(other)).toMatchObject([{ twins: [] }]);
      await evaluate([twin], [{ pgd: { epsilon: 0.2, steps: 20 } }, { iterBasic: { epsilon: 0.2, steps: 4 } }]);
      const [after] = await entryOf();
      // PGD is no part of what is compared, but known.
      expect(after).toMatchObject({ robust: before[0].robust, evaluationCount: 3 });
      expect(after.bestKnown.value).toBeLessThan(after.robust.value);
      expect(after.evaluations).toHaveLength(3);
    } finally {
      await dataOf(app.graphql('mutation ($id: ID!) { deleteModel(input: { modelId: $id }) { __typename } }', { id: twin }));
    }
  });

  it('uses a range on which models were evaluated with all of the chosen attacks', async () => {
    await evaluate([models.baseline], [{ randomSignNoise: { epsilon: 0.2 } }, { fgsm: { epsilon: 0.2 } }], 20);
    // FGSM alone was run on 60 examples with all three.
    const both = await leaderboard({ ...THREAT, epsilon: 0.2, attackKinds: ['FGSM', 'RANDOM_SIGN_NOISE'] });
    expect(both).toMatchObject({ sampleCount: 20, entries: { nodes: [{ model: { id: models.baseline }, evaluationCount: 2 }] } });
  });

  it('can be read in pages', async () => {
    const query = `query ($input: LeaderboardInput!, $after: String) { leaderboard(input: $input) {
      entries(first: 2, after: $after) { nodes { model { id } } pageInfo { hasNextPage endCursor } } } }`;
    const page = async (after?: string) =>
      (await dataOf(app.graphql(query, { input: { datasetId, ...THREAT }, after }))).leaderboard.entries;
    const first = await page();
    const second = await page(first.pageInfo.endCursor);
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
    const ids = [...first.nodes, ...second.nodes].map(({ model }: { model: { id: string } }) => model.id);
    expect(ids.sort()).toEqual(Object.values(models).sort());
  });
});

async function evaluationIds(modelId: string, epsilon: number): Promise<string[]> {
  const query = `query ($filter: EvaluationFilter) { evaluations(filter: $filter) { nodes { id sampleCount } } }`;
  const { nodes } = (await dataOf(app.graphql(query, { filter: { modelIds: [modelId], epsilon } }))).evaluations;
  return nodes.filter(({ sampleCount }: { sampleCount: number }) => sampleCount === COUNT).map(({ id }: { id: string }) => id);
}

describe('leaderboardChanges', () => {
  const changes = async (first: number, graphql = app.graphql) =>
    (
      await dataOf(
        graphql(
          'query ($first: Int!) { leaderboardChanges(first: $first) { before { value n } after { value n } evaluation { id finishedAt model { id } sampleCount attack { kind epsilon } } } }',
          { first },
        ),
      )
    ).leaderboardChanges as {
      before: { value: number } | null;
      after: { value: number; n: number };
      evaluation: { id: string; finishedAt: string; model: { id: string }; sampleCount: number; attack: { kind: string; epsilon: number } };
    }[];

  it('has the last evaluation that lowered the worst case of a model, or was its first, under each budget', async () => {
    const found = await changes(100);
    const times = found.map(({ evaluation }) => evaluation.finishedAt);
    expect(times).toEqual(times.toSorted().reverse());
    const { nodes } = (
      await dataOf(app.graphql('{ evaluations(first: 100) { nodes { id finishedAt sampleCount model { id } attack { kind epsilon } } } }'))
    ).evaluations as { nodes: (typeof found)[number]['evaluation'][] };
    for (const model of ['baseline', 'adversarial', 'hidden'] as const)
      for (const epsilon of [0.1, 0.2]) {
        const inOrder = nodes
          .filter((one) => one.model.id === models[model] && one.attack.epsilon === epsilon && one.sampleCount === COUNT)
          .toSorted((a, b) => (a.finishedAt < b.finishedAt ? -1 : 1));
        const right = examplesOf(model, inOrder[0]!.attack.kind, epsilon).map(wasRight);
        let expected: { id: string; before: number | null; after: number } | undefined;
        for (const { id, attack } of inOrder) {
          examplesOf(model, attack.kind, epsilon).forEach((example, i) => (right[i] &&= staysRight(example)));
          const after = right.filter(Boolean).length / COUNT;
          if (!expected || after < expected.after) expected = { id, before: expected?.after ?? null, after };
        }
        const change = found.find(
          ({ evaluation }) =>
            evaluation.model.id === models[model] && evaluation.attack.epsilon === epsilon && evaluation.sampleCount === COUNT,
        )!;
        expect({ id: change.evaluation.id, before: change.before?.value ?? null, after: change.after.value }).toEqual(expected);
      }
  });

  it("leaves out another's private model, and takes at most as many as were requested", async () => {
    const seen = await changes(100, other);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.map(({ evaluation }) => evaluation.model.id)).not.toContain(models.hidden);
    expect(await changes(2)).toHaveLength(2);
    const { errors } = await app.graphql('{ leaderboardChanges(first: 101) { after { n } } }');
    expect(errors?.[0]?.message).toMatch(/first is 101; give a number from 0 to 100/);
  });
});

describe('deploy/grafana/results.json', () => {
  /** What the Infinity data source is told. */
  interface Target {
    readonly url_options: { readonly body_graphql_query: string };
    readonly root_selector: string;
    readonly columns: readonly { readonly selector: string; readonly type: string }[];
  }
  const at = (value: unknown, path: string) =>
    path.split('.').reduce((part, name) => (part === null ? null : (part as Record<string, unknown>)[name]), value);

  it('has panels whose requests are answered, with what their columns select', async () => {
    const { panels } = JSON.parse(await readFile('deploy/grafana/results.json', 'utf8')) as {
      panels: { title: string; targets: Target[] }[];
    };
    expect(panels.length).toBeGreaterThan(0);
    for (const { title, targets } of panels)
      for (const { url_options, root_selector, columns } of targets) {
        // As the data source sends it.
        const response = await fetch(app.graphqlUrl, {
          method: 'POST',
          headers: { authorization: `Bearer ${app.firstToken}`, 'content-type': 'application/json' },
          body: JSON.stringify({ query: url_options.body_graphql_query, variables: {} }),
        });
        expect(response.status, title).toBe(200);
        const rows = at(await response.json(), root_selector) as unknown[];
        expect(rows.length, title).toBeGreaterThan(0);
        for (const { selector, type } of columns) {
          const values = rows.map((row) => at(row, selector));
          expect(values, `${title}: ${selector}`).not.toContain(undefined);
          const isOfType = (value: unknown) => (type === 'timestamp' ? !Number.isNaN(Date.parse(value as string)) : typeof value === type);
          expect(values.filter((value) => value !== null).every(isOfType), `${title}: ${selector} is of type ${type}`).toBe(true);
        }
      }
  });
});

describe('compareModels', () => {
  it('counts the examples that only one of two gets right', async () => {
    const modelIds = [models.baseline, models.adversarial, models.hidden];
    for (const attack of [{}, { attackKind: 'FGSM', epsilon: 0.2 }]) {
      const holds = 'epsilon' in attack ? staysRight : wasRight;
      const [baseline, adversarial] = [examplesOf('baseline', 'FGSM', 0.2), examplesOf('adversarial', 'FGSM', 0.2)];
      const onlyFirst = baseline.filter((example, i) => holds(example) && !holds(adversarial[i]!)).length;
      const onlySecond = baseline.filter((example, i) => !holds(example) && holds(adversarial[i]!)).length;
      const comparison = await compareModels({ modelIds, ...attack });
      expect(comparison).toMatchObject({
        offset: 0,
        sampleCount: COUNT,
        models: [{ model: { id: models.baseline }, accuracy: { value: share(baseline, holds), n: COUNT } }, {}, {}],
      });
      expect(comparison.parameters).toEqual('epsilon' in attack ? expect.objectContaining({ epsilon: 0.2, label: 'TRUE' }) : null);
      const [pair, , same] = comparison.pairs;
      expect(pair).toMatchObject({ first: { id: models.baseline }, second: { id: models.adversarial }, onlyFirst, onlySecond });
      expect(pair.difference.value).toBeCloseTo((onlyFirst - onlySecond) / COUNT, 12);
      expect(pair.pValue).toBeCloseTo(Math.min(1, 2 * binomialTail(onlyFirst + onlySecond, Math.max(onlyFirst, onlySecond))), 12);
      // Two of the three tests are the same, and the third is of a network with itself.
      expect(pair.adjustedPValue).toBeCloseTo(Math.min(1, 3 * pair.pValue), 12);
      expect(same).toMatchObject({ onlyFirst: 0, onlySecond: 0, difference: { value: 0 }, pValue: 1 });
    }
  });

  it('explains why a request is invalid', async () => {
    const refused = async (input: object) => {
      const query = 'query ($input: CompareModelsInput!) { compareModels(input: $input) { offset } }';
      const { errors } = await app.graphql(query, { input: { datasetId, ...input } });
      expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
      return errors![0]!.message;
    };
    const both = { modelIds: [models.baseline, models.adversarial] };
    expect(await refused({ modelIds: [models.baseline] })).toMatch(/2 to 50 models/);
    expect(await refused({ modelIds: [models.baseline, models.baseline] })).toMatch(/each once/);
    expect(await refused({ modelIds: [models.baseline, 'x'] })).toMatch(/no model/);
    expect(await refused({ ...both, datasetId: 'x' })).toMatch(/no data set/);
    expect(await refused({ ...both, epsilon: 0.1 })).toMatch(/attackKind/);
    expect(await refused({ ...both, attackKind: 'FGSM' })).toMatch(/no range/);
    expect(await refused({ ...both, sampleCount: 20 })).toMatch(/no range/);
  });
});

/** P[Binomial(n, 1/2) ≥ k], by the sum of binomial coefficients. */
function binomialTail(n: number, k: number): number {
  let [coefficient, sum] = [1, 0];
  for (let i = 0; i <= n; i++) {
    if (i >= k) sum += coefficient;
    coefficient = (coefficient * (n - i)) / (i + 1);
  }
  return sum / 2 ** n;
}

describe('labelLeaking', () => {
  it('compares clean with adversarial accuracy under one-step attacks', async () => {
    const { totalCount, nodes } = await labelLeaking({});
    // FGSM at two budgets for three models; 20 examples give way to 60.
    expect(totalCount).toBe(6);
    for (const row of nodes) {
      expect(row.evaluation).toMatchObject({ attack: { kind: 'FGSM' }, sampleCount: COUNT });
      const [model] = Object.entries(models).find(([, id]) => id === row.model.id) as [keyof typeof models, string];
      const examples = examplesOf(model, 'FGSM', row.evaluation.attack.epsilon);
      const gained = examples.filter((example) => staysRight(example) && !wasRight(example)).length;
      const lost = examples.filter((example) => wasRight(example) && !staysRight(example)).length;
      expect(row).toMatchObject({
        gained,
        lost,
        clean: { value: share(examples, wasRight) },
        adversarial: { value: share(examples, staysRight) },
      });
      expect(row.difference.value).toBeCloseTo((gained - lost) / COUNT, 12);
      expect(row.pValue).toBeCloseTo(binomialTail(gained + lost, gained), 12);
    }
    expect((await labelLeaking({ modelIds: [models.baseline], epsilon: 0.2 })).totalCount).toBe(1);
    expect((await labelLeaking({ attackKinds: ['ITER_BASIC'] })).totalCount).toBe(0);
  });

  it('finds a model that reads the label, and says how it was trained', async () => {
    // The baseline's images, had the attack helped on all that were wrong and on ten more.
    const { prisma } = app.runtime.database;
    const where = { modelId: rowId(models.baseline, 'Model')!, attackKind: 'FGSM', epsilon: 0.2 };
    const { id, cleanTop1, adversarialTop1, successes, cleanRight, adversarialRight } = await prisma.evaluation.findFirstOrThrow({
      where,
      omit: { cleanRight: false, adversarialRight: false },
    });
    const bits = { cleanRight: '0'.repeat(10) + '1'.repeat(COUNT - 10), adversarialRight: '1'.repeat(COUNT) };
    await prisma.evaluation.update({ where: { id }, data: { cleanTop1: COUNT - 10, adversarialTop1: COUNT, successes: 0, ...bits } });
    const scheme = { name: 'algorithm1', parameters: {}, attacks: [{ kind: 'FGSM', parameters: {}, weight: 1 }] };
    const run = await trainingRun(models.baseline, { scheme }, null);
    const [row] = (await labelLeaking({})).nodes;
    const counted = { cleanTop1, adversarialTop1, successes, cleanRight, adversarialRight };
    await prisma.evaluation.update({ where: { id }, data: counted });
    await prisma.trainingRun.delete({ where: { id: run } });
    expect(row).toMatchObject({ model: { id: models.baseline }, gained: 10, lost: 0, scheme: 'algorithm1', trainingAttacks: ['FGSM'] });
    expect(row.pValue).toBeCloseTo(2 ** -10, 12);
    expect(row.adjustedPValue).toBeCloseTo(6 * 2 ** -10, 12);
  });
});

/** A run that ended in the model. */
async function trainingRun(model: string, plan: object, architecture: object | null): Promise<string> {
  const { prisma } = app.runtime.database;
  const job = await prisma.job.create({ data: { owner: 'someone', kind: 'training', state: 'SUCCEEDED', total: 1, unit: 'steps' } });
  const ids = { modelId: rowId(model, 'Model')!, datasetId: rowId(datasetId, 'Dataset')!, jobId: job.id };
  const run = await prisma.trainingRun.create({
    data: { ...ids, validationDatasetId: ids.datasetId, plan, architecture: architecture ?? undefined, interval: 1, checkpointsKept: 1 },
  });
  return run.id;
}

describe('accuracyVersusRobustness', () => {
  it('correlates clean accuracy with the worst case over all models', async () => {
    const { pearson, spearman, leaderboard: board } = await accuracyVersusRobustness({ ...THREAT, epsilon: 0.2 });
    const points = (Object.keys(models) as (keyof typeof models)[]).map((model) => [
      share(examplesOf(model, 'FGSM', 0.2), wasRight),
      worstCase(model, 0.2),
    ]) as [number, number][];
    expect(board.entries.totalCount).toBe(3);
    expect(pearson.n).toBe(3);
    const mean = (pick: (point: [number, number]) => number) => points.reduce((sum, point) => sum + pick(point), 0) / 3;
    const covariance = mean(([x, y]) => x * y) - mean(([x]) => x) * mean(([, y]) => y);
    const spread = Math.sqrt((mean(([x]) => x * x) - mean(([x]) => x) ** 2) * (mean(([, y]) => y * y) - mean(([, y]) => y) ** 2));
    if (spread > 1e-9) expect(pearson.value).toBeCloseTo(covariance / spread, 6);
    else expect(pearson.value).toBeNull();
    // Two of three points are the same network.
    expect([pearson.lower, pearson.upper]).toEqual([-1, 1]);
    expect(spearman.n).toBe(3);
  });
});

describe('capacityCurve', () => {
  it('has the ratio of adversarial to clean accuracy for each width', async () => {
    expect(await capacityCurve({ attackKind: 'FGSM', epsilon: 0.2 })).toEqual({
      offset: null,
      sampleCount: null,
      parameters: null,
      curves: [],
    });
    const plan = { scheme: { name: 'algorithm1', parameters: {}, attacks: [] } };
    await trainingRun(models.adversarial, plan, { architecture: 'mnist-cnn', seed: 1, width: 2 });
    await trainingRun(models.baseline, plan, { architecture: 'mnist-cnn', seed: 1, width: 0.5 });
    await trainingRun(models.hidden, { scheme: { ...plan.scheme, name: 'standard' } }, { architecture: 'mnist-cnn', seed: 1 });
    const { curves, sampleCount } = await capacityCurve({ attackKind: 'FGSM', epsilon: 0.2 });
    expect(sampleCount).toBe(COUNT);
    const view = curves.map(({ architecture, scheme, points }: Record<string, unknown>) => [
      architecture,
      scheme,
      (points as { width: number; model: { id: string } }[]).map(({ width, model }) => [width, model.id]),
    ]);
    expect(view).toEqual([
      [
        'mnist-cnn',
        'algorithm1',
        [
          [0.5, models.baseline],
          [2, models.adversarial],
        ],
      ],
      ['mnist-cnn', 'standard', [[1, models.hidden]]],
    ]);
    const examples = examplesOf('baseline', 'FGSM', 0.2);
    const [narrow] = curves[0].points;
    expect(narrow.ratio.value).toBeCloseTo(share(examples, staysRight) / share(examples, wasRight), 12);
    expect(narrow.ratio.lower).toBeLessThan(narrow.ratio.value);
    expect(narrow.ratio.upper).toBeGreaterThan(narrow.ratio.value);
    expect((await capacityCurve({ attackKind: 'FGSM', epsilon: 0.2, scheme: 'standard' })).curves).toHaveLength(1);
    expect((await capacityCurve({ attackKind: 'FGSM', epsilon: 0.2, architecture: 'resnet-20' })).curves).toEqual([]);
  });
});

describe("another's private model", () => {
  it('is part of no statistics', async () => {
    expect((await leaderboard({ ...THREAT }, other)).entries.totalCount).toBe(2);
    expect((await labelLeaking({}, other)).totalCount).toBe(4);
    expect((await accuracyVersusRobustness({ ...THREAT }, other)).pearson.n).toBe(2);
    expect((await capacityCurve({ attackKind: 'FGSM', epsilon: 0.2 }, other)).curves).toHaveLength(1);
    const named = { modelIds: [models.baseline, models.hidden] };
    await expect(robustnessCurve({ ...named, attackKind: 'FGSM' }, other)).rejects.toThrow(/no model/);
    await expect(compareModels(named, other)).rejects.toThrow(/no model/);
    await expect(labelLeaking(named, other)).rejects.toThrow(/no model/);
    const owner = graphqlClient(app.graphqlUrl, await app.authorizationOf('owner', 'VIEWER'));
    expect((await leaderboard({ ...THREAT }, owner)).entries.totalCount).toBe(3);
  });
});

describe('bad input', () => {
  it.each([
    ['leaderboard(input: { datasetId: "x", norm: LINF, epsilon: 0.1 }) { offset }', /no data set/],
    ['leaderboard(input: { datasetId: "ID", norm: LINF, epsilon: 0.1, attackKinds: [] }) { offset }', /at least one attack/],
    ['leaderboard(input: { datasetId: "ID", norm: LINF, epsilon: 0.1 }) { entries(after: "x") { totalCount } }', /cursor/],
    ['leaderboard(input: { datasetId: "ID", norm: LINF, epsilon: 0.1 }) { entries(first: 1000) { totalCount } }', /1 to 100/],
    ['robustnessCurve(input: { datasetId: "ID", modelIds: [], attackKind: FGSM }) { attackKind }', /1 to 100 models/],
    ['labelLeaking(input: { datasetId: "ID", modelIds: ["x"] }) { totalCount }', /no model/],
    ['capacityCurve(input: { datasetId: "x", attackKind: FGSM, epsilon: 0.1 }) { offset }', /no data set/],
  ])('%s is refused', async (query, message) => {
    const { errors } = await app.graphql(`{ ${query.replace('ID', datasetId)} }`);
    expect(errors?.[0]).toMatchObject({ message: expect.stringMatching(message) as unknown, extensions: { code: 'BAD_USER_INPUT' } });
  });
});

describe('statements', () => {
  const count = async (work: () => Promise<unknown>) => (await statements.during(work))[1].length;

  it('are equal in number for one model and for all', async () => {
    const two = [models.baseline, models.adversarial];
    const three = [...two, models.hidden];
    // Data set, attacks, worst cases, corruptions (their evaluations and models), models, their twins and evaluations; once more without what is kept.
    for (const epsilon of [0.11, 0.12]) expect(await count(() => leaderboard({ ...THREAT, epsilon }))).toBe(2);
    for (const offset of [0, undefined]) expect(await count(() => leaderboard({ ...THREAT, sampleCount: 20, offset }))).toBe(8);
    for (const attackKinds of [['FGSM'], ['ITER_BASIC']]) {
      await leaderboard({ ...THREAT, attackKinds });
      expect(await count(() => leaderboard({ ...THREAT, attackKinds }))).toBe(4);
    }
    for (const modelIds of [two, three]) {
      // Models, data set, results, evaluations.
      expect(await count(() => robustnessCurve({ modelIds, attackKind: 'FGSM' }))).toBe(4);
      expect(await count(() => compareModels({ modelIds }))).toBe(4);
      // Models of the evaluations and their training runs, too.
      expect(await count(() => labelLeaking({ modelIds }))).toBe(6);
    }
  });
});

describe('an evaluation that has just finished', () => {
  it('is part of the statistics at once', async () => {
    const entryOf = async (id: string) =>
      (await leaderboard({ ...THREAT })).entries.nodes.find((one: { model: { id: string } }) => one.model.id === id);
    expect((await entryOf(models.baseline)).evaluationCount).toBe(2);
    // With another seed an attack is the same.
    const again = {
      modelIds: [models.baseline],
      datasetId,
      attacks: [{ iterBasic: { epsilon: 0.1, steps: 4 } }],
      sampleCount: COUNT,
      seed: 7,
    };
    for (const jobId of (await startEvaluation(app.graphql, again)).jobIds) await finished(app.graphql, jobId);
    expect((await entryOf(models.baseline)).evaluationCount).toBe(3);
    await dataOf(app.graphql(`mutation { deleteModel(input: { modelId: "${models.hidden}" }) { __typename } }`));
    expect((await leaderboard({ ...THREAT })).entries.totalCount).toBe(2);
  });
});

// After what counts all evaluations.
describe('compareModels of named evaluations', () => {
  it('compares the evaluations that it is given, however success was decided on', async () => {
    const modelIds = [models.baseline, models.adversarial];
    const started = async (steps: number, judging: string) => {
      const attacks = [{ pgd: { epsilon: 0.1, steps } }];
      const { evaluationIds, jobIds } = await startEvaluation(app.graphql, { modelIds, datasetId, attacks, sampleCount: COUNT, judging });
      for (const jobId of jobIds) await finished(app.graphql, jobId);
      return evaluationIds;
    };
    const [one, many] = [await started(1, 'FLOAT'), await started(8, 'STORED')];
    const attack = { modelIds, attackKind: 'PGD', epsilon: 0.1 };
    expect((await compareModels(attack)).parameters).toMatchObject({ steps: 8 });
    for (const [evaluationIds, steps] of [
      [one, 1],
      [many, 8],
    ] as const) {
      const { parameters, models: compared } = await compareModels({ ...attack, evaluationIds });
      expect(parameters).toMatchObject({ steps });
      expect(compared.map(({ evaluation }: { evaluation: { id: string } }) => evaluation.id)).toEqual(evaluationIds);
    }
    await expect(compareModels({ ...attack, evaluationIds: [one[0], many[1]] })).rejects.toThrow(/no range of the data set/);
    await expect(compareModels({ ...attack, evaluationIds: [] })).rejects.toThrow(/no range of the data set/);
  });
});
